//! Events: the log itself, as it was handed over. Only who may see everything is shown it.

mod boundary;
mod filter;
mod list;
mod named;
mod stretch;

use chrono::{DateTime, Utc};
use schema::{Position, StreamId};
use tokio_postgres::Row;

pub(crate) use self::filter::Filter;
pub(crate) use self::list::list;
pub(crate) use self::named::of_requests;
pub(crate) use self::stretch::Stretch;
use super::Snapshot;
use crate::error::{ApiError, QueryError};

/// So much of a value is read, unless all of it is asked for.
pub(crate) const SHOWN_BYTES: usize = 4_096;
/// What an event takes in memory, beside its bytes.
const OVERHEAD: usize = 500;

/// Where an event is. The order is that in which they were appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) appended_at: DateTime<Utc>,
    pub(crate) position: Position,
}

/// An event, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) place: Place,
    pub(crate) id: i64,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) lineage: i32,
    /// Milliseconds since the epoch, as the broker gave it.
    pub(crate) timestamp_ms: Option<i64>,
    pub(crate) key: Option<Vec<u8>>,
    /// As much of it as was asked for; `None` is a tombstone.
    pub(crate) value: Option<Vec<u8>>,
    /// How many bytes all of the value has.
    pub(crate) size: Option<i32>,
    /// Names and values.
    pub(crate) headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// The events at these places, in no order, with all of their values or with the start of each.
pub(crate) async fn read(
    snapshot: &Snapshot<'_>,
    places: &[Place],
    is_whole: bool,
) -> Result<Result<Vec<Event>, ApiError>, QueryError> {
    if !snapshot.shows_log() {
        return Ok(Err(ApiError::Forbidden));
    }
    if places.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let streams: Vec<_> = places.iter().map(|place| place.position.stream).collect();
    let offsets: Vec<_> = places.iter().map(|place| place.position.offset).collect();
    let times: Vec<_> = places.iter().map(|place| place.appended_at).collect();
    let value =
        if is_whole { "value".to_owned() } else { format!("substring(value from 1 for {SHOWN_BYTES})") };
    let size = format!(
        "-- event::size
        select coalesce(sum({OVERHEAD} + coalesce(octet_length({value}), 0) + coalesce(octet_length(key), 0)
            + coalesce((select sum(octet_length(name) + coalesce(octet_length(held), 0))
                from unnest(header_names, header_values) as header(name, held)), 0)), 0)::bigint as bytes
        from {}",
        at("key, value, header_names, header_values")
    );
    let bytes: i64 = snapshot.query(&size, &[&streams, &offsets, &times]).await?[0].get("bytes");
    if let Err(refused) = snapshot.take_of_log(usize::try_from(bytes).unwrap_or(usize::MAX)) {
        return Ok(Err(refused));
    }
    let sql = format!(
        "-- event::read
        select event.*, topic, partition, lineage
        from {}
        join streams on streams.id = event.stream_id",
        at(&format!(
            "id, stream_id, record_offset, appended_at, timestamp_ms, key, {value} as value, octet_length(value) as size,
            header_names, header_values"
        ))
    );
    let rows = snapshot.query(&sql, &[&streams, &offsets, &times]).await?;
    Ok(Ok(rows.iter().map(Event::from_row).collect()))
}

/// Where the event at a position is, if there is one.
pub(crate) async fn place(
    snapshot: &Snapshot<'_>,
    position: Position,
) -> Result<Result<Option<Place>, ApiError>, QueryError> {
    if !snapshot.shows_log() {
        return Ok(Err(ApiError::Forbidden));
    }
    let sql = "-- event::place
        select stream_id, record_offset, appended_at from events where stream_id = $1 and record_offset = $2 limit 1";
    let rows = snapshot.query(sql, &[&position.stream, &position.offset]).await?;
    Ok(Ok(rows.first().map(Place::from_row)))
}

/// The events at bound places, one by one: the time of append leads to the day's partition.
fn at(columns: &str) -> String {
    format!(
        "unnest($1::integer[], $2::bigint[], $3::timestamptz[]) as place(of_stream, of_offset, of_time)
        cross join lateral (
            select {columns} from events
            where stream_id = of_stream and record_offset = of_offset and appended_at = of_time offset 0
        ) as event"
    )
}

impl Event {
    fn from_row(row: &Row) -> Self {
        let names: Option<Vec<Vec<u8>>> = row.get("header_names");
        let values: Option<Vec<Option<Vec<u8>>>> = row.get("header_values");
        Self {
            place: Place::from_row(row),
            id: row.get("id"),
            topic: row.get("topic"),
            partition: row.get("partition"),
            lineage: row.get("lineage"),
            timestamp_ms: row.get("timestamp_ms"),
            key: row.get("key"),
            value: row.get("value"),
            size: row.get("size"),
            headers: names.unwrap_or_default().into_iter().zip(values.unwrap_or_default()).collect(),
        }
    }
}

impl Place {
    /// Reads a row that holds `stream_id`, `record_offset` and `appended_at`.
    fn from_row(row: &Row) -> Self {
        let position = Position { stream: StreamId(row.get("stream_id")), offset: row.get("record_offset") };
        Self { appended_at: row.get("appended_at"), position }
    }
}
