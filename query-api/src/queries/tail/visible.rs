//! Which statuses somebody may see.

use std::collections::HashSet;

use schema::{Position, RequestId, StreamId};
use tokio_postgres::types::ToSql;

use crate::error::QueryError;
use crate::queries::Snapshot;

/// Those of these that are there, and are to be seen by whose snapshot it is.
pub(crate) async fn visible(
    snapshot: &Snapshot<'_>,
    places: &[(RequestId, Position)],
) -> Result<HashSet<Position>, QueryError> {
    let ids: Vec<&RequestId> = places.iter().map(|(id, _)| id).collect();
    let streams: Vec<StreamId> = places.iter().map(|(_, position)| position.stream).collect();
    let offsets: Vec<i64> = places.iter().map(|(_, position)| position.offset).collect();
    let sql = "-- tail::visible
        select statuses.stream_id, statuses.record_offset
        from unnest($1::text[], $2::integer[], $3::bigint[]) as place(of_request, of_stream, of_offset)
        join statuses on statuses.request_id = of_request
            and statuses.stream_id = of_stream and statuses.record_offset = of_offset
        where $4::text is null or exists (
            select from payloads where payloads.request_id = statuses.request_id and org_id = $4)";
    let parameters: [&(dyn ToSql + Sync); 4] = [&ids, &streams, &offsets, snapshot.org_id()];
    let rows = snapshot.query(sql, &parameters).await?;
    let position = |row: &tokio_postgres::Row| Position {
        stream: row.get("stream_id"),
        offset: row.get("record_offset"),
    };
    Ok(rows.iter().map(position).collect())
}
