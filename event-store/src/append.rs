//! The append: moves the streams and writes their records, in one transaction.
//!
//! The compare-and-set of `next_offset` is at once the exactly-once guarantee, the fence against a second writer and the
//! check that no record is stepped over unrecorded.

use std::time::Duration;

use futures_util::pin_mut;
use runtime::database::{Object, Pool, Transaction};
use schema::{OffsetGap, StreamId};
use tokio::time::timeout;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::{AppendError, Batch, StreamBatch};

/// Beyond the server's own `statement_timeout`: reached only when the server doesn't answer at all.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Appends all of a batch or nothing.
///
/// # Errors
/// After any error but [`AppendError::Moved`] the outcome is unknown; appending the same batch again is always safe, for
/// if it landed the streams have moved.
pub async fn append(pool: &Pool, batch: &Batch) -> Result<(), AppendError> {
    let mut client = pool.get().await?;
    let result = timeout(TRANSACTION_TIMEOUT, transaction(&mut client, batch))
        .await
        .unwrap_or(Err(AppendError::Timeout));
    if result.is_err() {
        // What state the connection is in, nobody knows: don't hand it out again.
        drop(Object::take(client));
    }
    result
}

async fn transaction(client: &mut Object, batch: &Batch) -> Result<(), AppendError> {
    let transaction = client.transaction().await?;
    advance(&transaction, batch).await?;
    record_gaps(&transaction, batch).await?;
    copy(&transaction, batch).await?;
    transaction.commit().await?;
    Ok(())
}

async fn advance(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), AppendError> {
    let streams: Vec<StreamId> = batch.streams.iter().map(|stream| stream.stream).collect();
    let from: Vec<i64> = batch.streams.iter().map(|stream| stream.from_offset).collect();
    let to: Vec<i64> = batch.streams.iter().map(StreamBatch::to_offset).collect();
    let hashes: Vec<Vec<u8>> = batch.streams.iter().map(|stream| stream.last().hash()).collect();
    let statement = transaction
        .prepare_cached(
            "-- append::advance
            update streams set next_offset = batch.to_offset, last_record_hash = batch.hash
            from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[]) as batch(stream_id, from_offset, to_offset, hash)
            where streams.id = batch.stream_id and streams.next_offset = batch.from_offset",
        )
        .await?;
    let moved = transaction.execute(&statement, &[&streams, &from, &to, &hashes]).await?;
    if moved == streams.len() as u64 { Ok(()) } else { Err(AppendError::Moved) }
}

async fn record_gaps(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), AppendError> {
    let gaps: Vec<OffsetGap> = batch.streams.iter().flat_map(StreamBatch::gaps).collect();
    if gaps.is_empty() {
        return Ok(());
    }
    let streams: Vec<StreamId> = gaps.iter().map(|gap| gap.stream).collect();
    let from: Vec<i64> = gaps.iter().map(|gap| gap.from_offset).collect();
    let to: Vec<i64> = gaps.iter().map(|gap| gap.to_offset).collect();
    transaction
        .execute(
            "-- append::record_gaps
            insert into offset_gaps (stream_id, from_offset, to_offset)
            select * from unnest($1::int[], $2::bigint[], $3::bigint[])",
            &[&streams, &from, &to],
        )
        .await?;
    Ok(())
}

async fn copy(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), AppendError> {
    const TYPES: [Type; 7] =
        [Type::INT4, Type::INT8, Type::INT8, Type::BYTEA, Type::BYTEA, Type::TEXT_ARRAY, Type::BYTEA_ARRAY];
    let sink = transaction
        .copy_in(
            "-- append::copy
            copy events (stream_id, record_offset, timestamp_ms, key, value, header_names, header_values)
            from stdin (format binary)",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &TYPES);
    pin_mut!(writer);
    for stream in &batch.streams {
        for record in &stream.records {
            let row: [&(dyn ToSql + Sync); 7] = [
                &stream.stream,
                &record.offset,
                &record.timestamp_ms,
                &record.key,
                &record.value,
                &record.header_names,
                &record.header_values,
            ];
            writer.as_mut().write(&row).await?;
        }
    }
    writer.finish().await?;
    Ok(())
}
