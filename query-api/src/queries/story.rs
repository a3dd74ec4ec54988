//! Stories: what payloads are told of by. From the log, where it is to be seen; else from the statuses that were decoded from it.

mod size;
mod source;

use std::collections::HashMap;
use std::sync::OnceLock;

use projection::{Bound, Explanation, Mismatch, Quarantined, RequestIdRule, Told, View};
use schema::{Event, RequestId, Status};
use tokio_postgres::Row;

use self::source::{EVENT_OF_STATUS, statuses};
use super::status::COLUMNS;
use super::{Appended, Conditions, Snapshot, quarantine};
use crate::error::{ApiError, QueryError};

/// A payload, as it is told of.
#[derive(Debug)]
pub(crate) struct Story {
    request_id: RequestId,
    /// What the read models know of it, decoded anew, in the order of (date, stream, offset). The raw values aren't kept.
    pub(crate) told: Vec<Told>,
    /// What names it and could not be decoded.
    pub(crate) quarantined: Vec<Quarantined>,
    /// Where the statuses aren't what their events say.
    pub(crate) mismatches: Vec<Mismatch>,
    /// Made once, however many fields ask.
    view: OnceLock<View>,
    explanation: OnceLock<Explanation>,
}

impl Story {
    /// That of a payload of which nothing is told.
    pub(crate) fn empty(request_id: RequestId) -> Self {
        let (view, explanation) = (OnceLock::new(), OnceLock::new());
        Self {
            request_id,
            told: Vec::new(),
            quarantined: Vec::new(),
            mismatches: Vec::new(),
            view,
            explanation,
        }
    }

    pub(crate) fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// What it folds to.
    pub(crate) fn view(&self) -> &View {
        self.view.get_or_init(|| {
            let statuses = self.told.iter().map(|told| &told.status);
            View::of(statuses.filter(|status| status.request_id == self.request_id))
        })
    }

    /// Why.
    pub(crate) fn explanation(&self) -> &Explanation {
        self.explanation.get_or_init(|| Explanation::of(&self.request_id, self.view(), &self.told))
    }
}

/// The stories of these payloads, up to a point where one is given. Refused where they take more than a request may read of the log.
pub(crate) async fn of_payloads(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    bound: Option<&Bound>,
) -> Result<Result<HashMap<RequestId, Story>, ApiError>, QueryError> {
    let appended = bound.map(Appended::from);
    let size = size::of(snapshot, &request_ids, appended.as_ref()).await?;
    if let Err(refused) = size.and_then(|bytes| snapshot.take_of_log(bytes)) {
        return Ok(Err(refused));
    }
    let mut asked = Conditions::default();
    asked.bind(&request_ids);
    if let Some(appended) = &appended {
        asked.had_been_appended("statuses", appended);
    }
    let org_id = asked.bind(snapshot.org_id());
    asked.hold(format!(
        "({org_id}::text is null or exists (
            select from payloads where payloads.request_id = statuses.request_id and org_id = {org_id}))"
    ));
    let mut stories: HashMap<RequestId, Story> = HashMap::new();
    let empty = |request_id: &RequestId| Story::empty(request_id.clone());
    let sql = if snapshot.shows_log() { logged(&asked) } else { stored(&asked) };
    let mut rows = snapshot.rows(&sql, asked.values(), i64::MAX).await?;
    while let Some(row) = rows.next().await? {
        let held = Status::from_row(&row)?;
        let story = stories.entry(held.request_id.clone()).or_insert_with_key(empty);
        let told = if snapshot.shows_log() { decoded(&row, &held) } else { Some(as_held(&held)) };
        if told.as_ref().is_none_or(|told| told.status != held) {
            story.mismatches.push(Mismatch::of_status(&held, "the log doesn't say this"));
        }
        story.told.extend(told);
    }
    for (request_id, one) in quarantine::of_requests(snapshot, request_ids, appended.as_ref()).await? {
        stories.entry(request_id).or_insert_with_key(empty).quarantined.push(one);
    }
    for story in stories.values_mut() {
        story.told.sort_unstable_by_key(|told| (told.status.date, told.status.position));
        story.mismatches.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    }
    Ok(Ok(stories))
}

/// With their events.
fn logged(asked: &Conditions<'_>) -> String {
    format!(
        "-- story::of_payloads
        select {COLUMNS}, status_msg, event.id as event_id, appended_at, value,
            (select request_id_length from generations where id = (select generation_id from active_generation)) as id_length
        from {}
        left join lateral (
            select id, appended_at, value from events
            where {EVENT_OF_STATUS} offset 0
        ) as event on true
        {}",
        statuses(),
        asked.sql()
    )
}

fn stored(asked: &Conditions<'_>) -> String {
    format!(
        "-- story::of_statuses
        select {COLUMNS}, status_msg from {} {}",
        statuses(),
        asked.sql()
    )
}

/// What the event of a status says.
fn decoded(row: &Row, held: &Status) -> Option<Told> {
    let length: i32 = row.get("id_length");
    let event = Event {
        id: row.get::<_, Option<i64>>("event_id")?,
        position: held.position,
        appended_at: row.get("appended_at"),
        value: row.get("value"),
    };
    let mut told = Told::decode(event, RequestIdRule::from_length(length.unsigned_abs()))?;
    told.event.value = None;
    Some(told)
}

/// The status, taken for what its event says.
fn as_held(held: &Status) -> Told {
    let event = Event { id: held.id, position: held.position, appended_at: held.created_at, value: None };
    Told { event, status: held.clone() }
}
