//! The rows of `statuses`.

use runtime::database::Transaction;
use schema::{RequestId, Status};

use crate::ProjectError;
use crate::horizon::Retired;

/// All statuses of these requests.
pub(crate) async fn list(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<Vec<Status>, ProjectError> {
    let statement = transaction
        .prepare_cached("-- status::list\nselect * from statuses where request_id = any($1)")
        .await?;
    let rows = transaction.query(&statement, &[&request_ids]).await?;
    Ok(rows.iter().map(Status::from_row).collect())
}

/// Takes out some of the statuses of retired events, and gives them.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    retired: &Retired,
    most: i64,
) -> Result<Vec<Status>, ProjectError> {
    let statement = transaction
        .prepare_cached(
            "-- status::delete
            with picked as (
                select request_id, stream_id, record_offset from statuses
                where stream_id = $1 and record_offset >= $2 and record_offset < $3
                order by record_offset limit $4)
            delete from statuses using picked
            where (statuses.request_id, statuses.stream_id, statuses.record_offset)
                = (picked.request_id, picked.stream_id, picked.record_offset)
            returning statuses.*",
        )
        .await?;
    let Retired { stream, from_offset, to_offset } = retired;
    let rows = transaction.query(&statement, &[stream, from_offset, to_offset, &most]).await?;
    Ok(rows.iter().map(Status::from_row).collect())
}
