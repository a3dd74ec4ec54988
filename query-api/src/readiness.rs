//! Readiness: whether the read models can be asked, looked at from time to time.

use std::time::Duration;

use runtime::database::{Pool, is_role_missing};
use runtime::health::Part;
use runtime::retry::{chain, retry_transient};
use schema::{VersionError, check_version};
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use crate::ServeError;
use crate::access::Viewer;
use crate::error::QueryError;
use crate::queries::{Connection, Snapshot};

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// A database that stands still says nothing, not even that it does.
const LIMIT: Duration = Duration::from_secs(5);

/// Keeps readiness true, for as long as it is polled. Ends only when the database isn't fit.
pub(crate) async fn watch(pool: &Pool, part: &Part) -> Result<(), ServeError> {
    retry_transient("check the schema version", part, || in_time(check(pool))).await?;
    loop {
        match in_time(look(pool)).await {
            Ok(()) => part.ready(),
            Err(error) => part.not_ready(chain(&error)),
        }
        sleep(INTERVAL).await;
    }
}

async fn in_time<E: From<Elapsed>>(asked: impl Future<Output = Result<(), E>>) -> Result<(), E> {
    timeout(LIMIT, asked).await?
}

async fn look(pool: &Pool) -> Result<(), QueryError> {
    let mut connection = Connection::take(pool).await?;
    Snapshot::begin(&mut connection, Viewer::All).await.map(drop)
}

async fn check(pool: &Pool) -> Result<(), ServeError> {
    match pool.get().await {
        Ok(client) => Ok(check_version(&**client).await?),
        Err(error) if is_role_missing(&error) => Err(VersionError::Missing.into()),
        Err(error) => Err(error.into()),
    }
}
