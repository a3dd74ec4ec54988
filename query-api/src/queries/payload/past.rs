//! The list of payloads as it was: those of which something had been appended, by request id, which is an order that time doesn't change.

use schema::RequestId;

use super::{Sort, count};
use crate::error::QueryError;
use crate::queries::slice::{Key, Mark, Slice, Sliced};
use crate::queries::walk::{FEW, fenced};
use crate::queries::{Among, Appended, Conditions, Direction, Snapshot, Window};

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
    let candidates = filter.candidates();
    let is_walked = candidates.is_ordered_by(Sort::RequestId, snapshot);
    if !is_walked && !count::is_few(snapshot, &candidates).await? {
        return Ok(None);
    }
    let (key, walk, marks) = (Sort::RequestId.key(), slice.walk(direction, FEW), slice.marks());
    let mut conditions = candidates.conditions(snapshot);
    marks.within(&mut conditions, &key, walk.direction);
    let near = format!("select request_id, id from payloads {}", conditions.take());
    let near = if is_walked { walk.first(&near, &key.sql, FEW) } else { fenced(&near) };
    conditions.had_been_appended(appended);
    conditions.within("statuses.date", &filter.date);
    let selected = existing(&near, &conditions.take());
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let walked = walk.sql(&selected, &key.sql, (&passed, &taken));
    let rows = snapshot.query(&format!("-- payload::past_slice\n{walked}"), conditions.values()).await?;
    let is_short = i64::try_from(rows.len()).is_ok_and(|found| found < walk.taken);
    if is_walked && is_short && has_more(snapshot, slice, direction).await? {
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
    conditions.had_been_appended(appended);
    conditions.within("statuses.date", &filter.date);
    let selected = existing(&near, &conditions.take());
    let sql = format!("-- payload::past_total\nselect count(*) as count from ({selected}) as counted");
    Ok(Some(snapshot.query(&sql, conditions.values()).await?[0].get("count")))
}

/// Those of some payloads that have a status of which this holds. One by one, in their order.
fn existing(near: &str, held: &str) -> String {
    format!(
        "select request_id, id from ({near}) as near
        cross join lateral (
            select from statuses {held} and statuses.request_id = near.request_id limit 1
        ) as held"
    )
}

/// Whether there are more in the slice than were looked through.
async fn has_more(snapshot: &Snapshot<'_>, slice: &Slice, direction: Direction) -> Result<bool, QueryError> {
    let (key, walk, mut conditions) =
        (Sort::RequestId.key(), slice.walk(direction, FEW), Conditions::default());
    slice.marks().within(&mut conditions, &key, walk.direction);
    let first = walk.first(&format!("select from payloads {}", conditions.sql()), &key.sql, 1);
    let sql = format!("-- payload::past_more\n{first} offset {FEW}");
    Ok(!snapshot.query(&sql, conditions.values()).await?.is_empty())
}

impl Filter {
    /// Those among which it is looked for what there was.
    fn candidates(&self) -> super::Filter {
        super::Filter { request_id: self.request_id.clone(), ..super::Filter::default() }
    }
}
