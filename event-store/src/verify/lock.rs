//! The lock that keeps days from being retired while they are looked at.

use runtime::database::{Object, Pool};

use super::VerifyError;

pub(crate) use schema::LOG_LOCK as LOCK;

/// A connection that holds it. Waits for a day that is being retired.
pub(super) async fn acquire(pool: &Pool) -> Result<Object, VerifyError> {
    let client = pool.get().await?;
    client.execute("select pg_advisory_lock_shared($1)", &[&LOCK]).await?;
    Ok(client)
}

/// Gives it back.
pub(super) async fn release(client: Object) {
    // It goes with the connection if it can't be given back.
    if client.execute("select pg_advisory_unlock_shared($1)", &[&LOCK]).await.is_err() {
        drop(Object::take(client));
    }
}
