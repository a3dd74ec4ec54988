//! Snapshots: one moment of the database, for reading only.

use runtime::database::{Object, Transaction};
use tokio_postgres::IsolationLevel;

use crate::ProjectError;

/// A transaction that can only read, and all of whose statements see the moment of its first one.
///
/// # Errors
/// When the database fails.
pub(crate) async fn snapshot(client: &mut Object) -> Result<Transaction<'_>, ProjectError> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    // It may be held while others work.
    transaction.batch_execute("set local idle_in_transaction_session_timeout = 0").await?;
    Ok(transaction)
}
