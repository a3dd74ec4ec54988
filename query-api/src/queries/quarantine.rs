//! Quarantine.

use projection::Quarantined;
use schema::{RequestId, Unreadable, column};
use tokio_postgres::Row;

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

/// What names these requests and could not be decoded, each request's in the order in which it was appended. Only who sees everything is
/// told.
pub(crate) async fn of_requests(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
) -> Result<Vec<(RequestId, Quarantined)>, QueryError> {
    let sql = "-- quarantine::of_requests
        select request_id, stream_id, record_offset, created_at, reason, detail from quarantine
        where request_id = any ($1) and $2::text is null
        order by request_id, created_at, stream_id, record_offset";
    let rows = snapshot.query(sql, &[&request_ids, snapshot.org_id()]).await?;
    Ok(rows.iter().map(from_row).collect::<Result<_, _>>()?)
}

fn from_row(row: &Row) -> Result<(RequestId, Quarantined), Unreadable> {
    let quarantined = Quarantined {
        stream: column(row, "stream_id")?,
        offset: column(row, "record_offset")?,
        appended_at: column(row, "created_at")?,
        reason: column(row, "reason")?,
        detail: column(row, "detail")?,
    };
    Ok((column(row, "request_id")?, quarantined))
}
