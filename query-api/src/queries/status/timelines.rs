//! Timelines of many payloads at once.

use schema::{RequestId, Status};

use super::{COLUMNS, Messages, Sort};
use crate::error::QueryError;
use crate::queries::slice::Slice;
use crate::queries::{Conditions, Direction, Snapshot};

/// A slice of each payload's statuses, the earliest of which comes first; one more of each than it holds, as they were found.
pub(crate) async fn timelines(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    slice: &Slice,
    messages: Messages,
) -> Result<Vec<Status>, QueryError> {
    let (sort, walk, request_ids) = (Sort::Date, slice.walk(Direction::Ascending, i64::MAX), &request_ids);
    let mut conditions = Conditions::default();
    let (asked, org_id) = (conditions.bind(request_ids), conditions.bind(snapshot.org_id()));
    let (most, message) = (conditions.bind(&walk.taken), messages.sql());
    conditions.hold("statuses.request_id = of_request_id".to_owned());
    conditions.hold(format!(
        "({org_id}::text is null or exists (
            select from payloads where payloads.request_id = of_request_id and org_id = {org_id}))"
    ));
    slice.marks().within(&mut conditions, &sort.key(), walk.direction);
    let (filtered, direction) = (conditions.sql(), walk.direction.sql());
    let sql = format!(
        "-- status::timelines
        select {COLUMNS}, {message}
        from unnest({asked}::text[]) as asked(of_request_id)
        cross join lateral (
            select * from statuses {filtered} order by date {direction}, id {direction} limit {most}
        ) as statuses
        order by statuses.request_id, statuses.date {direction}, statuses.id {direction}"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    Ok(rows.iter().map(Status::from_row).collect::<Result<_, _>>()?)
}
