//! All statuses of a payload.

use futures_util::try_join;
use schema::{Payload, RequestId, Status};

use super::{COLUMNS, Sort, VISIBLE};
use crate::error::QueryError;
use crate::queries::{Direction, Items, Snapshot, payload};

/// No more than these are asked for along with their payload: before it is known how many there are.
const BRIEF: i64 = 100;

/// More than these are sorted by what they are ordered by alone, and looked up one by one as they are sent: else all that many hold
/// would have to be sorted, on disk, before the first is sent.
const FEW: i64 = 1_000;

/// The payload of this id, if it has a status and is to be seen, with all its statuses, ties in the order broken by id.
pub(crate) async fn timeline<'a>(
    snapshot: &'a Snapshot<'_>,
    request_id: &RequestId,
    order: (Sort, Direction),
) -> Result<Option<(Payload, Items<'a, Status>)>, QueryError> {
    // Sent together.
    let (found, statuses) =
        try_join!(payload::find(snapshot, request_id), brief(snapshot, request_id, order))?;
    let Some(payload) = found else { return Ok(None) };
    let statuses = match payload.status_count {
        ..=BRIEF => statuses,
        count => all(snapshot, request_id, order, count).await?,
    };
    Ok(Some((payload, statuses)))
}

/// Those of a payload that doesn't have more than can be asked for along with it; of others none.
async fn brief<'a>(
    snapshot: &'a Snapshot<'_>,
    request_id: &RequestId,
    (sort, direction): (Sort, Direction),
) -> Result<Items<'a, Status>, QueryError> {
    let sql = format!(
        "-- status::brief_timeline
        select {COLUMNS}, status_msg from statuses
        where request_id = $1 and {VISIBLE} and (select status_count <= $3 from payloads where request_id = $1)
        order by {} {1}, id {1}",
        whole(sort),
        direction.sql()
    );
    let rows = snapshot.rows(&sql, &[request_id, snapshot.org_id(), &BRIEF], BRIEF).await?;
    Ok(Items::new(rows, Status::from_row))
}

/// What they are sorted by: no index holds a message, so all of it counts.
fn whole(sort: Sort) -> String {
    match sort {
        Sort::StatusMsg => "coalesce(status_msg, '')".to_owned(),
        sort => sort.sql(),
    }
}

/// Those of a payload that has so many.
async fn all<'a>(
    snapshot: &'a Snapshot<'_>,
    request_id: &RequestId,
    (sort, direction): (Sort, Direction),
    count: i64,
) -> Result<Items<'a, Status>, QueryError> {
    let sort = whole(sort);
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
