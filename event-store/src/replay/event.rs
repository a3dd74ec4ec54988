//! The events of an archive.

use futures_util::pin_mut;
use runtime::database::Transaction;
use schema::StreamId;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::ReplayError;
use crate::archive::EventLine;

/// An event, and the mark of its chain where it is in one.
pub(super) type Marked = (EventLine, Option<Vec<u8>>);

/// Writes events with their ids and times as they were.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    stream: StreamId,
    events: Vec<Marked>,
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
    for (event, mark) in events {
        let (id, appended_at) = (event.id, event.appended_at);
        let record = event.into_record();
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
