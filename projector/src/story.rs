//! The story of a request: its events, raw, as the log holds them.

use chrono::{DateTime, Utc};
use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Transaction;
use schema::{Event, RequestId, Status};
use tokio_postgres::types::ToSql;

use crate::decode::decode_event;
use crate::{Generation, ProjectError};

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
    let sql = format!(
        "-- story::read
        select statuses.*, events.id as event_id, events.appended_at as event_appended_at, events.value as event_value,
               events.stream_id is not null as is_logged
        from {}.statuses
        left join events on events.stream_id = statuses.stream_id and events.record_offset = statuses.record_offset
            and events.appended_at = statuses.created_at
        where request_id = $1",
        generation.id.schema()
    );
    let parameters: [&(dyn ToSql + Sync); 1] = [request_id];
    let rows = transaction.query_raw(&sql, parameters).await?;
    pin_mut!(rows);
    let (mut told, mut held) = (Vec::new(), Vec::new());
    while let Some(row) = rows.try_next().await? {
        let status = Status::from_row(&row);
        if row.get("is_logged") {
            let event = Event {
                id: row.get("event_id"),
                position: status.position,
                appended_at: row.get("event_appended_at"),
                value: row.get("event_value"),
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
    let unclear = |row: &tokio_postgres::Row| Unclear {
        stream: row.get("stream_id"),
        offset: row.get("record_offset"),
        reason: row.get("reason"),
        detail: row.get("detail"),
        created_at: row.get("created_at"),
    };
    Ok(rows.iter().map(unclear).collect())
}
