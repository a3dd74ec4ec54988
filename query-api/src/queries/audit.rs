//! The audit: who was about to be given a link to an archive.

use runtime::database::Pool;
use schema::RequestId;

use crate::error::QueryError;

/// Writes down that somebody asks for a link. What isn't written down isn't given.
pub(crate) async fn insert(
    pool: &Pool,
    request_id: &RequestId,
    email: Option<&str>,
) -> Result<(), QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached("-- audit::insert\ninsert into archive_requests (request_id, email) values ($1, $2)")
        .await?;
    client.execute(&statement, &[request_id, &email]).await?;
    Ok(())
}
