//! All statuses of a payload.

use schema::{RequestId, Status};

use super::{COLUMNS, Sort, VISIBLE};
use crate::error::QueryError;
use crate::queries::{Direction, Items, Snapshot};

/// More than these are sorted by what they are ordered by alone, and looked up one by one as they are sent: else all that many hold
/// would have to be sorted, on disk, before the first is sent.
const FEW: i64 = 1_000;

/// Those of a payload that has so many, ties in the order broken by id.
pub(crate) async fn timeline<'a>(
    snapshot: &'a Snapshot<'_>,
    request_id: &RequestId,
    (sort, direction): (Sort, Direction),
    count: i64,
) -> Result<Items<'a, Status>, QueryError> {
    let sort = match sort {
        // No index holds them: they are sorted by all of it.
        Sort::StatusMsg => "coalesce(status_msg, '')".to_owned(),
        sort => sort.sql(),
    };
    let order = |key: &str, id: &str| format!("order by {key} {0}, {id} {0}", direction.sql());
    let sql = if count <= FEW {
        format!(
            "-- status::timeline
            select {COLUMNS}, status_msg from statuses where request_id = $1 and {VISIBLE} {}",
            order(&sort, "id")
        )
    } else {
        format!(
            "-- status::long_timeline
            select {COLUMNS}, status_msg
            from (
                select {sort} as of_key, id as of_id, stream_id as of_stream, record_offset as of_offset
                from statuses where request_id = $1 and {VISIBLE} {} offset 0
            ) as keys
            cross join lateral (
                select * from statuses
                where request_id = $1 and stream_id = of_stream and record_offset = of_offset offset 0
            ) as statuses
            {}",
            order("of_key", "of_id"),
            order("of_key", "of_id")
        )
    };
    let rows = snapshot.rows(&sql, &[request_id, snapshot.org_id()], count).await?;
    Ok(Items::new(rows, Status::from_row))
}

#[cfg(test)]
mod on_a_server;
