//! A slice of the list of statuses.

use schema::Status;

use super::list::{at_hand, few, few_of, walked};
use super::{Cut, Filter, Messages, Sort, count, kind};
use crate::error::QueryError;
use crate::queries::slice::{Slice, Sliced};
use crate::queries::walk::FEW;
use crate::queries::{Direction, Items, Snapshot, Walk};

/// The slice. `None` where no index has the matches in this order, and there are more than can be sorted each time.
pub(crate) async fn slice(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    (sort, direction): (Sort, Direction),
    slice: &Slice,
    messages: Messages,
) -> Result<Option<Sliced<Status>>, QueryError> {
    if filter.is_impossible() {
        return Ok(Some(Sliced::default()));
    }
    let cut = Cut { sort, walk: slice.walk(direction, i64::MAX), marks: slice.marks() };
    let found = match served(snapshot, filter, cut, messages).await? {
        None if count::is_few(snapshot, &filter.candidates()).await? => {
            let cut = Cut { walk: Walk { count: FEW, ..cut.walk }, ..cut };
            Some(walked(snapshot, filter, (cut, None), messages).await?)
        }
        found => found,
    };
    let Some(items) = found else { return Ok(None) };
    Ok(Some(slice.cut(items.collect().await?, |status| sort.mark(status))))
}

/// What indexes have in this order, or have few of; `None` where they don't.
async fn served<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    cut: Cut<'_>,
    messages: Messages,
) -> Result<Option<Items<'a, Status>>, QueryError> {
    let Cut { sort, walk, .. } = cut;
    if snapshot.org_id().is_some() || !filter.is_of_labels_and_times() {
        return Ok(None);
    }
    let is_labelled = !filter.labels().is_empty();
    if is_labelled {
        let kinds = Walk { count: count::kinds(snapshot, filter).await?, ..walk };
        if kinds.is_among(few_of(sort)) {
            return Ok(Some(few(snapshot, filter, cut, messages).await?));
        }
    }
    if sort.is_by_kind() && filter.is_of_kinds(snapshot) {
        return kind::list(snapshot, filter, cut, messages).await;
    }
    let is_walked = if is_labelled {
        sort.is_by_time() && filter.crossing(sort).is_none()
    } else {
        !sort.is_by_kind() && filter.is_ordered_by(sort, snapshot) || filter.crossing(sort).is_some()
    };
    Ok(match is_walked {
        false => None,
        true if is_labelled => Some(walked_by_label(snapshot, filter, cut, messages).await?),
        true => Some(walked(snapshot, filter, (cut, None), messages).await?),
    })
}

/// Along a clock, from where the next of some kinds is, and no further than there are any.
async fn walked_by_label<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    cut: Cut<'_>,
    messages: Messages,
) -> Result<Items<'a, Status>, QueryError> {
    if let Some(items) = at_hand(snapshot, filter, cut, messages).await? {
        return Ok(items);
    }
    let Cut { sort, walk, marks } = cut;
    let narrowed = filter.narrowed(sort, walk.direction, marks.from);
    let narrowed = narrowed.narrowed(sort, walk.direction.turned(), marks.to);
    let passed = count::ties(snapshot, filter, (sort, walk.direction), marks.from).await?;
    let left = count::get(snapshot, &narrowed).await? - passed;
    let taken = walk.taken.min(left.max(0));
    let place = count::place(snapshot, &narrowed, sort, Walk { passed, taken, ..walk }).await?;
    let cut = Cut { walk: Walk { taken, ..walk }, ..cut };
    walked(snapshot, filter, (cut, place), messages).await
}

/// How many statuses match: exact, as of the snapshot.
pub(crate) async fn total(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    if filter.is_impossible() { Ok(0) } else { count::get(snapshot, filter).await }
}
