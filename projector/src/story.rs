//! The story of a request: its events, raw, as the log holds them.

use chrono::{DateTime, Utc};
use futures_util::{TryStreamExt as _, pin_mut};
use projection::{Mismatch, Told};
use runtime::database::Transaction;
use schema::{Event, RequestId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::copy_out::{CopyOut, literal};
use crate::table::{STATUSES, copied_status};
use crate::{Generation, ProjectError};

/// A message that names a request and couldn't be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unclear {
    pub(crate) stream: i32,
    pub(crate) offset: i64,
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// What a message takes in memory, beside its bytes.
const OVERHEAD: usize = 500;

/// A request, as told by the log.
#[derive(Debug, Default)]
pub(crate) struct Story {
    /// The events that the generation knows of, decoded anew, in the order of (date, stream, offset).
    pub(crate) told: Vec<Told>,
    /// Where the statuses aren't what their events say.
    pub(crate) mismatches: Vec<Mismatch>,
}

/// Reads the events of a request.
///
/// # Errors
/// When their messages take more than `most` bytes, when a status can't be read, and when the database fails.
pub(crate) async fn read(
    transaction: &Transaction<'_>,
    generation: &Generation,
    request_id: &RequestId,
    most: usize,
) -> Result<Story, ProjectError> {
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
    let mut rows = CopyOut::start(transaction, "story::read", &query, &kinds).await?;
    let (mut story, mut bytes) = (Story::default(), 0);
    while let Some(row) = rows.next().await? {
        bytes += OVERHEAD + row.bytes(event + 2).map_or(0, <[u8]>::len);
        if bytes > most {
            return Err(ProjectError::TooLong(request_id.clone(), most >> 20));
        }
        let held = copied_status(&row).map_err(ProjectError::Damaged)?;
        let told = match row.get(event)? {
            Some(id) => Told::decode(
                Event {
                    id,
                    position: held.position,
                    appended_at: row.get(event + 1)?,
                    value: row.get(event + 2)?,
                },
                generation.request_id_rule,
            ),
            None => None,
        };
        if told.as_ref().is_none_or(|told| told.status != held) {
            story.mismatches.push(Mismatch::of_status(&held, "the log doesn't say this"));
        }
        story.told.extend(told);
    }
    story.told.sort_unstable_by_key(|told| (told.status.date, told.status.position));
    story.mismatches.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(story)
}

/// About how many bytes a request's messages take, at least.
pub(crate) async fn size(
    transaction: &Transaction<'_>,
    generation: &Generation,
    request_id: &RequestId,
) -> Result<usize, ProjectError> {
    let sql = format!(
        "-- story::size
        select coalesce(sum({OVERHEAD} + coalesce(octet_length(status_msg), 0)), 0)::bigint as bytes
        from {}.statuses where request_id = $1",
        generation.id.schema()
    );
    let bytes: i64 = transaction.query_one(&sql, &[request_id]).await?.get("bytes");
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// What was quarantined and names the request.
///
/// # Errors
/// When it takes more than `most` bytes, when a row can't be read, and when the database fails.
pub(crate) async fn read_unclear(
    transaction: &Transaction<'_>,
    generation: &Generation,
    request_id: &RequestId,
    most: usize,
) -> Result<Vec<Unclear>, ProjectError> {
    let sql = format!(
        "-- story::read_unclear
        select stream_id, record_offset, reason, detail, created_at from {}.quarantine
        where request_id = $1 order by created_at, stream_id, record_offset",
        generation.id.schema()
    );
    let rows = transaction.query_raw(&sql, [request_id]).await?;
    pin_mut!(rows);
    let (mut list, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        bytes += OVERHEAD + row.raw_size_bytes();
        if bytes > most {
            return Err(ProjectError::TooLong(request_id.clone(), most >> 20));
        }
        list.push(unclear(&row)?);
    }
    Ok(list)
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
