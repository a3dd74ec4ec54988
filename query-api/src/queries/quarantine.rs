//! Quarantine.

use schema::RequestId;

use super::Snapshot;
use crate::error::QueryError;

/// How many messages of this id are quarantined. Whose they are nobody knows, so only who sees everything is told.
pub(crate) async fn count(snapshot: &Snapshot<'_>, request_id: &RequestId) -> Result<i64, QueryError> {
    let rows = snapshot
        .query(
            "-- quarantine::count
            select count(*) from quarantine where request_id = $1 and $2::text is null",
            &[request_id, snapshot.org_id()],
        )
        .await?;
    Ok(rows[0].get(0))
}
