//! The limit: one binary COPY of the same rows into tables of the same shape, from memory, in one transaction.

use std::time::Instant;

use anyhow::Result;
use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt as _, TryStreamExt as _, pin_mut};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use workload::Message;

use crate::database::Database;

/// Seconds to copy the messages into a table like a day of `events`. It pays for no chain, no seals and no commits on the way.
pub(crate) async fn events(database: &Database, messages: &[Message]) -> Result<f64> {
    let create = "create table raw_events (like events including identity including defaults);
        create unique index on raw_events (stream_id, record_offset)";
    database.client.batch_execute(create).await?;
    let started_at = Instant::now();
    let copy =
        "copy raw_events (stream_id, record_offset, timestamp_ms, key, value) from stdin (format binary)";
    let writer = BinaryCopyInWriter::new(
        database.client.copy_in(copy).await?,
        &[Type::INT4, Type::INT8, Type::INT8, Type::BYTEA, Type::BYTEA],
    );
    pin_mut!(writer);
    for (message, offset) in messages.iter().zip(0_i64..) {
        let key = message.key.as_ref().map(String::as_bytes);
        writer.as_mut().write(&[&1_i32, &offset, &offset, &key, &message.value]).await?;
    }
    writer.finish().await?;
    Ok(started_at.elapsed().as_secs_f64())
}

/// The tables of a generation.
const TABLES: [&str; 10] = [
    "payloads",
    "services",
    "parts",
    "conflicts",
    "statuses",
    "quarantine",
    "status_kinds",
    "status_counts",
    "payload_counts",
    "service_counts",
];

/// Seconds to copy the rows of the read models into tables like theirs, indexes included.
pub(crate) async fn read_models(database: &Database) -> Result<f64> {
    let mut seconds = 0.0;
    for table in TABLES {
        let create = format!("create table raw_{table} (like projection_1.{table} including all)");
        database.client.batch_execute(&create).await?;
        let rows: Vec<Bytes> = database
            .client
            .copy_out(&format!("copy projection_1.{table} to stdout (format binary)"))
            .await?
            .try_collect()
            .await?;
        let started_at = Instant::now();
        let sink = database
            .client
            .copy_in::<_, Bytes>(&format!("copy raw_{table} from stdin (format binary)"))
            .await?;
        pin_mut!(sink);
        // In pieces of a good size: a row at a time would measure the client.
        let mut piece = BytesMut::new();
        for row in rows {
            piece.extend_from_slice(&row);
            if piece.len() > 64 * 1024 {
                sink.feed(piece.split().freeze()).await?;
            }
        }
        sink.feed(piece.freeze()).await?;
        sink.finish().await?;
        seconds += started_at.elapsed().as_secs_f64();
    }
    Ok(seconds)
}
