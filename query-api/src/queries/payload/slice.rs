//! A slice of the list of payloads.

use schema::Payload;

use super::{Filter, Sort, count};
use crate::error::QueryError;
use crate::queries::slice::{Slice, Sliced};
use crate::queries::walk::{FEW, fenced};
use crate::queries::{Conditions, Direction, Snapshot};

/// The slice. `None` where no index has the matches in this order, and there are more than can be sorted each time; or where more than
/// that had to be looked at for what no index has.
pub(crate) async fn slice(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    (sort, direction): (Sort, Direction),
    slice: &Slice,
) -> Result<Option<Sliced<Payload>>, QueryError> {
    if filter.is_impossible() {
        return Ok(Some(Sliced::default()));
    }
    let ordered = filter.branches(sort, snapshot);
    let is_served = ordered.is_some() && filter.duration.is_open();
    if !is_served && !count::is_few(snapshot, &filter.candidates()).await? {
        return Ok(None);
    }
    let is_ordered = ordered.is_some();
    let branches = ordered.unwrap_or_else(|| filter.by_outcome());
    let (key, walk, marks) = (sort.key(), slice.walk(direction, FEW), slice.marks());
    let mut conditions = Conditions::default();
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let mut selected: Vec<String> = Vec::new();
    for filter in &branches {
        filter.hold(snapshot, &mut conditions);
        marks.within(&mut conditions, &key, walk.direction);
        selected.push(format!("select * from payloads {}", conditions.take()));
    }
    let selected = match &*selected {
        [one] if is_ordered => one.clone(),
        several if is_ordered => walk.merged(several, &key.sql, (&passed, &taken)),
        several => fenced(&several.join(" union all ")),
    };
    let walked = walk.sql(&selected, &key.sql, (&passed, &taken));
    let rows = snapshot.query(&format!("-- payload::slice\n{walked}"), conditions.values()).await?;
    let payloads = rows.iter().map(Payload::from_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(slice.cut(payloads, |payload| sort.mark(payload))))
}

/// How many payloads match: exact, as of the snapshot.
pub(crate) async fn total(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    if filter.is_impossible() { Ok(0) } else { count::get(snapshot, filter).await }
}
