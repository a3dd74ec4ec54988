//! Many payloads at once.

use schema::{Payload, RequestId};

use crate::error::QueryError;
use crate::queries::Snapshot;

/// Those of these ids that are there, and are to be seen.
pub(crate) async fn find_many(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
) -> Result<Vec<Payload>, QueryError> {
    let sql = "-- payload::find_many
        select * from payloads where request_id = any ($1) and ($2::text is null or org_id = $2)";
    let rows = snapshot.query(sql, &[&request_ids, snapshot.org_id()]).await?;
    Ok(rows.iter().map(Payload::from_row).collect::<Result<_, _>>()?)
}
