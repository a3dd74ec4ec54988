//! The story of a request: its events, raw, as the log holds them.

use chrono::{DateTime, Utc};
use runtime::database::Transaction;
use schema::{Event, RequestId, Status};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::copy_out::{CopyOut, literal};
use crate::decode::decode_event;
use crate::table::{STATUSES, copied_status};
use crate::{Generation, Mismatch, ProjectError};

/// A message of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// As the log holds it.
    pub(crate) event: Event,
    /// What it says.
    pub(crate) status: Status,
}

/// A message that names a request and couldn't be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unclear {
    pub(crate) stream: i32,
    pub(crate) offset: i64,
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// The events of a request that the generation knows of, decoded anew, in the order of (date, stream, offset). The second list has
/// what they say in the read models.
pub(crate) async fn read(
    transaction: &Transaction<'_>,
    generation: &Generation,
    request_id: &RequestId,
) -> Result<(Vec<Told>, Vec<Status>), ProjectError> {
    // An event's time of append tells its day, so that no other is searched.
    let query = format!(
        "select statuses.*, events.id, events.appended_at, events.value
        from (select {} from {}.statuses where request_id = {}) as statuses
        left join events on events.stream_id = statuses.stream_id and events.record_offset = statuses.record_offset
            and events.appended_at = statuses.created_at",
        STATUSES.names(),
        generation.id.schema(),
        literal(request_id.as_str())
    );
    let event = STATUSES.columns.len();
    let kinds = [STATUSES.kinds(), vec![Type::INT8, Type::TIMESTAMPTZ, Type::BYTEA]].concat();
    let mut rows = CopyOut::start(transaction, &query, &kinds).await?;
    let (mut told, mut held) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().await? {
        let status = copied_status(&row).map_err(ProjectError::Damaged)?;
        if let Some(id) = row.get(event)? {
            let event = Event {
                id,
                position: status.position,
                appended_at: row.get(event + 1)?,
                value: row.get(event + 2)?,
            };
            if let Ok(status) = decode_event(event.clone(), generation.request_id_rule) {
                told.push(Told { event, status });
            }
        }
        held.push(status);
    }
    told.sort_unstable_by_key(|told| (told.status.date, told.status.position));
    held.sort_unstable_by_key(|status| (status.date, status.position));
    Ok((told, held))
}

/// About how many bytes a request's messages take.
pub(crate) async fn size(
    transaction: &Transaction<'_>,
    generation: &Generation,
    request_id: &RequestId,
) -> Result<i64, ProjectError> {
    let sql = format!(
        "-- story::size
        select coalesce(sum(500 + coalesce(octet_length(status_msg), 0)), 0)::bigint as bytes
        from {}.statuses where request_id = $1",
        generation.id.schema()
    );
    Ok(transaction.query_one(&sql, &[request_id]).await?.get("bytes"))
}

/// What was quarantined and names the request.
pub(crate) async fn read_unclear(
    transaction: &Transaction<'_>,
    generation: &Generation,
    request_id: &RequestId,
) -> Result<Vec<Unclear>, ProjectError> {
    let sql = format!(
        "-- story::read_unclear
        select stream_id, record_offset, reason, detail, created_at from {}.quarantine
        where request_id = $1 order by created_at, stream_id, record_offset",
        generation.id.schema()
    );
    let rows = transaction.query(&sql, &[request_id]).await?;
    rows.iter().map(unclear).collect()
}

fn unclear(row: &Row) -> Result<Unclear, ProjectError> {
    let (stream, offset) = (row.get("stream_id"), row.get("record_offset"));
    let damaged = |column: &str| {
        ProjectError::Damaged(Mismatch {
            table: "quarantine",
            key: format!("stream {stream} offset {offset}"),
            what: format!("can't be read: {column}"),
        })
    };
    Ok(Unclear {
        stream,
        offset,
        reason: row.try_get("reason").map_err(|_| damaged("reason"))?,
        detail: row.try_get("detail").map_err(|_| damaged("detail"))?,
        created_at: row.try_get("created_at").map_err(|_| damaged("created_at"))?,
    })
}
