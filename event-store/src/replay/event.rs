//! The events of an archive.

use chrono::{DateTime, Utc};
use futures_util::pin_mut;
use runtime::database::Transaction;
use schema::StreamId;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::ReplayError;
use crate::Record;

/// An event to be written.
pub(super) struct Event {
    pub(super) id: i64,
    pub(super) appended_at: DateTime<Utc>,
    pub(super) record: Record,
    /// That of its chain, where it is in one.
    pub(super) mark: Option<Vec<u8>>,
}

/// Writes events with their ids and times as they were.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    stream: StreamId,
    events: Vec<Event>,
) -> Result<(), ReplayError> {
    const TYPES: [Type; 10] = [
        Type::INT8,
        Type::TIMESTAMPTZ,
        Type::INT4,
        Type::INT8,
        Type::INT8,
        Type::BYTEA,
        Type::BYTEA,
        Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY,
        Type::BYTEA,
    ];
    let sink = transaction
        .copy_in(
            "-- replay::copy
            copy events (id, appended_at, stream_id, record_offset, timestamp_ms, key, value, header_names, header_values,
                         chain_mark)
            from stdin (format binary)",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &TYPES);
    pin_mut!(writer);
    for Event { id, appended_at, record, mark } in events {
        let row: [&(dyn ToSql + Sync); 10] = [
            &id,
            &appended_at,
            &stream,
            &record.offset,
            &record.timestamp_ms,
            &record.key,
            &record.value,
            &record.header_names,
            &record.header_values,
            &mark,
        ];
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(())
}
