//! The rows of `quarantine`.

use runtime::database::Transaction;

use crate::ProjectError;
use crate::horizon::Retired;

/// Takes out what was quarantined of retired events.
pub(crate) async fn delete(transaction: &Transaction<'_>, retired: &Retired) -> Result<(), ProjectError> {
    let Retired { stream, from_offset, to_offset } = retired;
    transaction
        .execute(
            "-- quarantine::delete
            delete from quarantine where stream_id = $1 and record_offset >= $2 and record_offset < $3",
            &[stream, from_offset, to_offset],
        )
        .await?;
    Ok(())
}
