//! The lock of a rebuild: nobody else rebuilds meanwhile.

use std::time::Duration;

use runtime::database::{ClientWrapper, Object, Pool};

use crate::ProjectError;

/// How often to look whether it is still held.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// That nobody else rebuilds. A connection of its own holds it: whoever is killed lets go of it, and so does whoever drops this.
pub(super) struct Lock(ClientWrapper);

impl Lock {
    /// # Errors
    /// When somebody else holds it.
    pub(super) async fn take(pool: &Pool) -> Result<Self, ProjectError> {
        // Back in the pool, the connection would hold it on.
        let client = Object::take(pool.get().await?);
        let row =
            client.query_one("select pg_try_advisory_lock(hashtext('rebuild')) as is_ours", &[]).await?;
        if row.get("is_ours") { Ok(Self(client)) } else { Err(ProjectError::RebuildUnderWay) }
    }

    /// Ends when its connection did, and somebody else may hold it.
    pub(super) async fn lost(&self) -> ProjectError {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            if let Err(error) = self.0.batch_execute("-- lock::look\nselect").await {
                return ProjectError::LockLost(error);
            }
        }
    }
}
