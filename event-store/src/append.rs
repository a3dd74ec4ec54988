//! The append: moves the streams and writes their records, in one transaction.
//!
//! The compare-and-set of a stream's owner, offset and head is at once the exactly-once guarantee, the fence against a second
//! writer and the check that no record is stepped over unrecorded.

use std::time::Duration;

use futures_util::pin_mut;
use runtime::database::{Object, Pool, Transaction};
use schema::{Head, OffsetGap, Seal, StreamId};
use tokio::time::timeout;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::{AppendError, Batch, gap};

/// Beyond the server's own `statement_timeout`: reached only when the server doesn't answer at all.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(12);

/// Appends all of a batch or nothing. Appending it again once it has landed does nothing, and succeeds.
///
/// # Errors
/// After any error but [`AppendError::Moved`] the outcome is unknown: append the same batch again.
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
    if !advance(&transaction, batch).await? {
        // Some of the streams may have been moved: look at them as they are without that.
        transaction.rollback().await?;
        return if has_landed(client, batch).await? { Ok(()) } else { Err(AppendError::Moved) };
    }
    let gaps: Vec<OffsetGap> = batch.streams.iter().flat_map(|stream| stream.gaps.iter().copied()).collect();
    if !gaps.is_empty() {
        gap::insert(&transaction, &gaps).await?;
    }
    seal(&transaction, batch).await?;
    copy(&transaction, batch).await?;
    transaction.commit().await?;
    Ok(())
}

/// Whether the streams stand where the batch ends, in its owner's hands, as after a commit whose answer was lost: it is this very
/// batch that brought them there, for their chains' heads say so.
async fn has_landed(client: &Object, batch: &Batch) -> Result<bool, AppendError> {
    let streams: Vec<StreamId> = batch.streams.iter().map(|stream| stream.stream).collect();
    let epochs: Vec<i64> = batch.streams.iter().map(|stream| stream.owner_epoch).collect();
    let to: Vec<i64> = batch.streams.iter().map(|stream| stream.to_offset).collect();
    let heads: Vec<Head> = batch.streams.iter().map(|stream| stream.chain.head()).collect();
    let row = client
        .query_one(
            "-- append::has_landed
            select count(*) as landed
            from streams join unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[])
                as batch(stream_id, owner_epoch, to_offset, head)
                on streams.id = batch.stream_id and streams.owner_epoch = batch.owner_epoch
                    and streams.next_offset = batch.to_offset and streams.head = batch.head",
            &[&streams, &epochs, &to, &heads],
        )
        .await?;
    Ok(usize::try_from(row.get::<_, i64>("landed")).is_ok_and(|landed| landed == streams.len()))
}

/// Whether every stream stood where the batch starts. If not, the transaction must not commit.
async fn advance(transaction: &Transaction<'_>, batch: &Batch) -> Result<bool, AppendError> {
    let streams: Vec<StreamId> = batch.streams.iter().map(|stream| stream.stream).collect();
    let epochs: Vec<i64> = batch.streams.iter().map(|stream| stream.owner_epoch).collect();
    let from: Vec<i64> = batch.streams.iter().map(|stream| stream.from_offset).collect();
    let from_heads: Vec<Head> = batch.streams.iter().map(|stream| stream.from_head).collect();
    let to: Vec<i64> = batch.streams.iter().map(|stream| stream.to_offset).collect();
    let heads: Vec<Head> = batch.streams.iter().map(|stream| stream.chain.head()).collect();
    let event_counts: Vec<i64> = batch.streams.iter().map(|stream| stream.chain.event_count()).collect();
    let hashes: Vec<&[u8]> = batch.streams.iter().map(|stream| &stream.last_digest[..]).collect();
    let statement = transaction
        .prepare_cached(
            "-- append::advance
            update streams
            set next_offset = batch.to_offset, head = batch.head, event_count = batch.event_count,
                last_record_hash = batch.hash
            from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bytea[], $7::bigint[], $8::bytea[])
                as batch(stream_id, owner_epoch, from_offset, from_head, to_offset, head, event_count, hash)
            where streams.id = batch.stream_id and streams.owner_epoch = batch.owner_epoch
                and streams.next_offset = batch.from_offset and streams.head = batch.from_head",
        )
        .await?;
    let parameters: [&(dyn ToSql + Sync); 8] =
        [&streams, &epochs, &from, &from_heads, &to, &heads, &event_counts, &hashes];
    let moved = transaction.execute(&statement, &parameters).await?;
    Ok(moved == streams.len() as u64)
}

async fn seal(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), AppendError> {
    let seals: Vec<&Seal> = batch.streams.iter().flat_map(|stream| &stream.seals).collect();
    if seals.is_empty() {
        return Ok(());
    }
    let streams: Vec<StreamId> = seals.iter().map(|seal| seal.stream).collect();
    let next_offsets: Vec<i64> = seals.iter().map(|seal| seal.next_offset).collect();
    let event_counts: Vec<i64> = seals.iter().map(|seal| seal.event_count).collect();
    let heads: Vec<Head> = seals.iter().map(|seal| seal.head).collect();
    let statement = transaction
        .prepare_cached(
            "-- append::seal
            insert into seals (stream_id, next_offset, event_count, head)
            select * from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[])",
        )
        .await?;
    transaction.execute(&statement, &[&streams, &next_offsets, &event_counts, &heads]).await?;
    Ok(())
}

async fn copy(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), AppendError> {
    const TYPES: [Type; 8] = [
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
            "-- append::copy
            copy events (stream_id, record_offset, timestamp_ms, key, value, header_names, header_values, chain_mark)
            from stdin (format binary)",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &TYPES);
    pin_mut!(writer);
    for stream in &batch.streams {
        for (record, mark) in stream.records.iter().zip(&stream.marks) {
            let mark = &mark[..];
            let row: [&(dyn ToSql + Sync); 8] = [
                &stream.stream,
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
    }
    writer.finish().await?;
    Ok(())
}
