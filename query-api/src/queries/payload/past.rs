//! The list of payloads as it was: those of which something had been appended, by request id, which is an order that time doesn't change.

use schema::RequestId;

use super::count;
use crate::error::QueryError;
use crate::queries::slice::{Key, Mark, Marks, Slice, Sliced};
use crate::queries::walk::{FEW, fenced};
use crate::queries::{Among, Appended, Conditions, Direction, Snapshot, Window};

/// What the list goes by.
const KEY: &str = "request_id";

/// Which payloads: all that is asked must hold, and of none of it time tells something else.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) request_id: Among<RequestId>,
    /// Of one of the statuses that there had been.
    pub(crate) date: Window,
}

/// The slice. `None` where more had to be looked through than can be each time.
pub(crate) async fn slice(
    snapshot: &Snapshot<'_>,
    (filter, appended): (&Filter, &Appended),
    direction: Direction,
    slice: &Slice,
) -> Result<Option<Sliced<RequestId>>, QueryError> {
    let (candidates, all) = (filter.candidates(), super::Filter::default());
    if candidates.is_impossible() {
        return Ok(Some(Sliced::default()));
    }
    let is_few = !filter.is_open(snapshot) && count::is_few(snapshot, &candidates).await?;
    if !is_few && (snapshot.org_id().is_some() || !filter.request_id.is_open()) {
        return Ok(None);
    }
    let (walk, mut conditions) = (slice.walk(direction, FEW), Conditions::default());
    if is_few { &candidates } else { &all }.hold(snapshot, &mut conditions);
    within(slice.marks(), &mut conditions, walk.direction);
    let near = format!("select request_id, id from payloads {}", conditions.take());
    let near = if is_few { fenced(&near) } else { near };
    let selected = filter.existing(snapshot, appended, &walk.first(&near, KEY, FEW), &mut conditions);
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let walked = walk.sql(&selected, KEY, (&passed, &taken));
    let rows = snapshot.query(&format!("-- payload::past_slice\n{walked}"), conditions.values()).await?;
    let is_short = i64::try_from(rows.len()).is_ok_and(|found| found < walk.taken);
    if !is_few && is_short && has_more(snapshot, slice, direction).await? {
        return Ok(None);
    }
    let found = rows.iter().map(|row| (row.get("id"), row.get("request_id"))).collect();
    let mark = |(id, request_id): &(i64, RequestId)| Mark { key: Key::Text(request_id.to_string()), id: *id };
    let Sliced { items, has_more } = slice.cut(found, mark);
    let items = items.into_iter().map(|(mark, (_, request_id))| (mark, request_id)).collect();
    Ok(Some(Sliced { items, has_more }))
}

/// How many there were: exact. `None` where more had to be looked through than can be each time.
pub(crate) async fn total(
    snapshot: &Snapshot<'_>,
    (filter, appended): (&Filter, &Appended),
) -> Result<Option<i64>, QueryError> {
    let candidates = filter.candidates();
    if !count::is_few(snapshot, &candidates).await? {
        return Ok(None);
    }
    let mut conditions = candidates.conditions(snapshot);
    let near = format!("select request_id, id from payloads {}", conditions.take());
    let selected = filter.existing(snapshot, appended, &near, &mut conditions);
    let sql = format!("-- payload::past_total\nselect count(*) as count from ({selected}) as counted");
    Ok(Some(snapshot.query(&sql, conditions.values()).await?[0].get("count")))
}

/// What comes behind marks. By request id alone: what comes later may give a payload another number.
fn within<'a>(marks: Marks<'a>, conditions: &mut Conditions<'a>, direction: Direction) {
    for (mark, operator) in marks.ends(direction) {
        if let Key::Text(request_id) = &mark.key {
            let request_id = conditions.bind(request_id);
            conditions.hold(format!("{KEY} {operator} {request_id}::text"));
        }
    }
}

/// Whether there are more in the slice than were looked through.
async fn has_more(snapshot: &Snapshot<'_>, slice: &Slice, direction: Direction) -> Result<bool, QueryError> {
    let (walk, mut conditions) = (slice.walk(direction, FEW), Conditions::default());
    within(slice.marks(), &mut conditions, walk.direction);
    let first = walk.first(&format!("select from payloads {}", conditions.sql()), KEY, 1);
    let sql = format!("-- payload::past_more\n{first} offset {FEW}");
    Ok(!snapshot.query(&sql, conditions.values()).await?.is_empty())
}

impl Filter {
    /// Those among which it is looked for what there was: what has no such status now had none.
    fn candidates(&self) -> super::Filter {
        let (request_id, date) = (self.request_id.clone(), self.date);
        super::Filter { request_id, date, ..super::Filter::default() }
    }

    /// Whether everything is asked for that there was.
    fn is_open(&self, snapshot: &Snapshot<'_>) -> bool {
        snapshot.org_id().is_none() && self.request_id.is_open() && self.date.is_open()
    }

    /// Those of some payloads that have such a status, one by one and in their order.
    fn existing<'a>(
        &'a self,
        snapshot: &Snapshot<'_>,
        appended: &'a Appended,
        near: &str,
        conditions: &mut Conditions<'a>,
    ) -> String {
        conditions.had_been_appended("statuses", appended);
        conditions.within("statuses.date", &self.date);
        if snapshot.shows_log() {
            // What retention took is in the read models until `project` takes it out of them.
            conditions.hold(
                "coalesce((
                    select to_offset from retired_ranges
                    where retired_ranges.stream_id = statuses.stream_id and from_offset <= statuses.record_offset
                    order by from_offset desc limit 1) <= statuses.record_offset, true)"
                    .to_owned(),
            );
        }
        // Behind a fence, for the index of dates isn't that of a payload's statuses, whatever PostgreSQL thinks of it.
        format!(
            "select request_id, id from ({near}) as near
            cross join lateral (
                select from (
                    select date, created_at, stream_id, record_offset from statuses
                    where statuses.request_id = near.request_id offset 0
                ) as statuses {} limit 1
            ) as held",
            conditions.take()
        )
    }
}
