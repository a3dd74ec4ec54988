//! Quarantine.

use schema::{Quarantined, Reason, RequestId, StreamId, Unreadable, column};
use tokio_postgres::Row;

use super::slice::{Key, Mark, OrderKey, Slice, Sliced};
use super::walk::{FEW, fenced};
use super::{Among, Appended, Conditions, Direction, Snapshot, Window};
use crate::error::QueryError;

/// Which messages. All that is asked must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) reason: Among<Reason>,
    pub(crate) request_id: Among<RequestId>,
    pub(crate) stream: Among<StreamId>,
    pub(crate) created_at: Window,
}

/// A message that could not be decoded, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) quarantined: Quarantined,
    pub(crate) topic: String,
    pub(crate) partition: i32,
}

impl Filter {
    /// Of several reasons each has what matches in an index.
    fn branches(&self) -> Option<Vec<Self>> {
        let is_ordered = self.request_id.is_open() && self.stream.is_open();
        let each = self.reason.clone().each().into_iter().map(|reason| Self { reason, ..self.clone() });
        is_ordered.then(|| each.collect())
    }

    fn is_impossible(&self) -> bool {
        self.reason.is_empty() || self.request_id.is_empty() || self.stream.is_empty()
    }

    fn hold<'a>(&'a self, conditions: &mut Conditions<'a>) {
        conditions.among("reason", &self.reason);
        conditions.among("request_id", &self.request_id);
        conditions.among("stream_id", &self.stream);
        conditions.within("created_at", &self.created_at);
    }
}

/// A slice of them in the order in which they were recorded. `None` where no index has the matches in this order, and there are more
/// than can be sorted each time. Whose they are nobody knows, so only who sees everything is told.
pub(crate) async fn slice(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    direction: Direction,
    slice: &Slice,
) -> Result<Option<Sliced<Found>>, QueryError> {
    if filter.is_impossible() || snapshot.org_id().is_some() {
        return Ok(Some(Sliced::default()));
    }
    let branches = filter.branches();
    if branches.is_none() && counted(snapshot, filter, Some(FEW + 1)).await? > FEW {
        return Ok(None);
    }
    let key = OrderKey { sql: "created_at".to_owned(), id: "id", cast: "" };
    let (walk, marks) = (slice.walk(direction, FEW), slice.marks());
    let mut conditions = Conditions::default();
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let mut selected: Vec<String> = Vec::new();
    for filter in branches.as_deref().unwrap_or(std::slice::from_ref(filter)) {
        filter.hold(&mut conditions);
        marks.within(&mut conditions, &key, walk.direction);
        selected.push(format!("select * from quarantine {}", conditions.take()));
    }
    let selected = match &*selected {
        [one] if branches.is_some() => one.clone(),
        [one] => fenced(one),
        several => walk.merged(several, &key.sql, (&passed, &taken)),
    };
    let (walked, direction) = (walk.sql(&selected, &key.sql, (&passed, &taken)), walk.direction.sql());
    let sql = format!(
        "-- quarantine::slice
        select walked.*, topic, partition
        from ({walked}) as walked join streams on streams.id = stream_id
        order by walked.created_at {direction}, walked.id {direction}"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    let found = rows.iter().map(Found::from_row).collect::<Result<Vec<_>, _>>()?;
    let mark = |Found { quarantined, .. }: &Found| Mark {
        key: Key::Time(quarantined.created_at),
        id: quarantined.id,
    };
    Ok(Some(slice.cut(found, mark)))
}

/// How many match.
pub(crate) async fn total(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    counted(snapshot, filter, None).await
}

/// How many messages of this id are quarantined.
pub(crate) async fn count(snapshot: &Snapshot<'_>, request_id: &RequestId) -> Result<i64, QueryError> {
    let request_id = Among::from(Some(request_id.clone()));
    total(snapshot, &Filter { request_id, ..Filter::default() }).await
}

/// No more than so many are looked at.
async fn counted(snapshot: &Snapshot<'_>, filter: &Filter, most: Option<i64>) -> Result<i64, QueryError> {
    if filter.is_impossible() || snapshot.org_id().is_some() {
        return Ok(0);
    }
    let mut conditions = Conditions::default();
    filter.hold(&mut conditions);
    let (filtered, most) = (conditions.sql(), conditions.bind(&most));
    let sql = format!(
        "-- quarantine::count
        select count(*) as count from (select from quarantine {filtered} limit {most}::bigint) as counted"
    );
    Ok(snapshot.query(&sql, conditions.values()).await?[0].get("count"))
}

impl Found {
    fn from_row(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            quarantined: Quarantined::from_row(row)?,
            topic: column(row, "topic")?,
            partition: column(row, "partition")?,
        })
    }
}

/// What names these requests and could not be decoded, by a point where one is given, each request's in the order in which it was
/// appended. Only who sees everything is told.
pub(crate) async fn of_requests(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    appended: Option<&Appended>,
) -> Result<Vec<(RequestId, projection::Quarantined)>, QueryError> {
    if snapshot.org_id().is_some() {
        return Ok(Vec::new());
    }
    let mut conditions = Conditions::default();
    let ids = conditions.bind(&request_ids);
    if let Some(appended) = appended {
        conditions.had_been_appended("quarantine", appended);
    }
    let sql = format!(
        "-- quarantine::of_requests
        select request_id, stream_id, record_offset, created_at, reason, detail
        from (
            select request_id, stream_id, record_offset, created_at, reason, detail from quarantine
            where request_id = any ({ids}) offset 0
        ) as quarantine {}
        order by request_id, created_at, stream_id, record_offset",
        conditions.sql()
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    Ok(rows.iter().map(of_request).collect::<Result<_, _>>()?)
}

fn of_request(row: &Row) -> Result<(RequestId, projection::Quarantined), Unreadable> {
    let quarantined = projection::Quarantined {
        stream: column(row, "stream_id")?,
        offset: column(row, "record_offset")?,
        appended_at: column(row, "created_at")?,
        reason: column(row, "reason")?,
        detail: column(row, "detail")?,
    };
    Ok((column(row, "request_id")?, quarantined))
}
