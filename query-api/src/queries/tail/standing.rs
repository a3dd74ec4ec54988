//! Which statuses are why something stands as failed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use schema::{Outcome, Payload, Position, RequestId, Status, StreamId};
use tokio_postgres::types::ToSql;

use crate::error::QueryError;
use crate::queries::Snapshot;

/// Those of the statuses that are the closing of a part, or of a service as a whole, that stands as failed.
///
/// A closing only ever gives way to a later one. So of whatever stands as failed in the end, the closing that says so is found here
/// when its page is read, however the pages are cut.
pub(super) async fn failures(
    snapshot: &Snapshot<'_>,
    statuses: &[Status],
    payloads: &BTreeMap<RequestId, Arc<Payload>>,
) -> Result<HashSet<Position>, QueryError> {
    let failed: Vec<&Status> = statuses
        .iter()
        .filter(|status| {
            payloads.get(&status.request_id).is_some_and(|payload| payload.outcome() == Outcome::Failure)
        })
        .collect();
    if failed.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<&RequestId> = failed.iter().map(|status| &status.request_id).collect();
    let dates: Vec<DateTime<Utc>> = failed.iter().map(|status| status.date).collect();
    let streams: Vec<StreamId> = failed.iter().map(|status| status.position.stream).collect();
    let offsets: Vec<i64> = failed.iter().map(|status| status.position.offset).collect();
    let sql = "-- tail::failures
        select of_stream as stream_id, of_offset as record_offset
        from unnest($1::text[], $2::timestamptz[], $3::integer[], $4::bigint[]) as told(of_request, of_date, of_stream, of_offset)
        where exists (
                select from services
                where services.request_id = of_request and own_state = 'bad' and own_closing_date = of_date
                    and own_closing_stream_id = of_stream and own_closing_offset = of_offset)
            or exists (
                select from parts
                where parts.request_id = of_request and state = 'bad' and closing_date = of_date
                    and closing_stream_id = of_stream and closing_offset = of_offset)";
    let parameters: [&(dyn ToSql + Sync); 4] = [&ids, &dates, &streams, &offsets];
    let rows = snapshot.query(sql, &parameters).await?;
    let position = |row: &tokio_postgres::Row| Position {
        stream: row.get("stream_id"),
        offset: row.get("record_offset"),
    };
    Ok(rows.iter().map(position).collect())
}
