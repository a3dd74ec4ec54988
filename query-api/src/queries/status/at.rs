//! Statuses at places of the log: who it was that claimed something, or failed.

use schema::{Position, RequestId, Status};

use super::{COLUMNS, Messages};
use crate::error::{ApiError, QueryError};
use crate::queries::Snapshot;

/// Those of these payloads that were decoded from these events. Whole messages count as what a request may read of the log.
pub(crate) async fn at(
    snapshot: &Snapshot<'_>,
    places: &[(RequestId, Position)],
    messages: Messages,
) -> Result<Result<Vec<Status>, ApiError>, QueryError> {
    let request_ids: Vec<_> = places.iter().map(|(request_id, _)| request_id).collect();
    let streams: Vec<_> = places.iter().map(|(_, position)| position.stream).collect();
    let offsets: Vec<_> = places.iter().map(|(_, position)| position.offset).collect();
    let sql = format!(
        "-- status::at
        select {COLUMNS}, {}
        from unnest($1::text[], $2::integer[], $3::bigint[]) as place(of_request_id, of_stream_id, of_offset)
        join statuses on statuses.request_id = of_request_id
            and statuses.stream_id = of_stream_id and statuses.record_offset = of_offset
        where $4::text is null or exists (
            select from payloads where payloads.request_id = statuses.request_id and org_id = $4)",
        messages.sql()
    );
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&request_ids, &streams, &offsets, snapshot.org_id()];
    let mut rows = snapshot.rows(&sql, &parameters, i64::MAX).await?;
    let mut statuses = Vec::new();
    while let Some(row) = rows.next().await? {
        let status = Status::from_row(&row)?;
        let length = status.status_msg.as_ref().map_or(0, String::len);
        if messages == Messages::Whole
            && let Err(refused) = snapshot.take_of_log(length)
        {
            return Ok(Err(refused));
        }
        statuses.push(status);
    }
    Ok(Ok(statuses))
}
