//! The rows of `payloads`.

use runtime::database::Transaction;
use schema::{Payload, RequestId};

use crate::ProjectError;

/// Those of the payloads that are known.
pub(crate) async fn list(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<Vec<Payload>, ProjectError> {
    let statement = transaction
        .prepare_cached("-- payload::list\nselect * from payloads where request_id = any($1)")
        .await?;
    let rows = transaction.query(&statement, &[&request_ids]).await?;
    Ok(rows.iter().map(Payload::from_row).collect())
}

/// Takes payloads out.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<(), ProjectError> {
    transaction
        .execute("-- payload::delete\ndelete from payloads where request_id = any($1)", &[&request_ids])
        .await?;
    Ok(())
}
