//! Quarantine.

use schema::RequestId;

use super::Snapshot;
use crate::error::QueryError;

/// How many messages of this id are quarantined.
pub(crate) async fn count(snapshot: &Snapshot<'_>, request_id: &RequestId) -> Result<i64, QueryError> {
    let rows = snapshot
        .query(
            "-- quarantine::count
            select count(*) from quarantine where request_id = $1",
            &[request_id],
        )
        .await?;
    Ok(rows[0].get(0))
}
