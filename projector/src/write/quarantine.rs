//! The rows of `quarantine`.

use runtime::database::Transaction;

use crate::ProjectError;
use crate::retired::Retired;

/// Takes out some of what was quarantined of retired events. Gives how many.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    retired: &Retired,
    most: i64,
) -> Result<u64, ProjectError> {
    let Retired { stream, from_offset, to_offset } = retired;
    let sql = "-- quarantine::delete
        delete from quarantine where (stream_id, record_offset) in (
            select stream_id, record_offset from quarantine
            where stream_id = $1 and record_offset >= $2 and record_offset < $3
            order by record_offset limit $4)";
    Ok(transaction.execute(sql, &[stream, from_offset, to_offset, &most]).await?)
}
