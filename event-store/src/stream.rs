//! The rows of `streams`: where each partition stands, and whose it is.

use metrics::counter;
use runtime::database::{Pool, Transaction};
use schema::{GapReason, OffsetGap, Stream};

use crate::{AppendError, gap, metric};

/// A stream to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewStream {
    pub(crate) partition: i32,
    pub(crate) lineage: i32,
    pub(crate) first_offset: i64,
}

/// Takes over the latest lineage of each of these partitions, where there is one: from now on no earlier owner can append.
///
/// # Errors
/// Passing ones among them: an owner that stopped in the middle of an append holds its streams until the server ends its
/// transaction.
pub(crate) async fn take_over(
    pool: &Pool,
    topic: &str,
    partitions: &[i32],
) -> Result<Vec<Stream>, AppendError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    // Ask again rather than wait in line: the broker wants to be polled meanwhile.
    transaction.batch_execute("set local lock_timeout = '2s'").await?;
    let rows = transaction
        .query(
            "-- stream::take_over
            with latest as (
                select distinct on (partition) id from streams
                where topic = $1 and partition = any($2)
                order by partition, lineage desc)
            update streams set owner_epoch = owner_epoch + 1
            where id in (select id from latest)
            returning id, topic, partition, lineage, first_offset, next_offset, last_record_hash, owner_epoch, chain_offset,
                      event_count, head",
            &[&topic, &partitions],
        )
        .await?;
    transaction.commit().await?;
    Ok(rows.iter().map(Stream::from_row).collect())
}

/// Begins streams, and their chains. One that another consumer began in the meantime stays as that one made it.
pub(crate) async fn insert(pool: &Pool, topic: &str, streams: &[NewStream]) -> Result<(), AppendError> {
    let partitions: Vec<i32> = streams.iter().map(|stream| stream.partition).collect();
    let lineages: Vec<i32> = streams.iter().map(|stream| stream.lineage).collect();
    let first_offsets: Vec<i64> = streams.iter().map(|stream| stream.first_offset).collect();
    let client = pool.get().await?;
    client
        .execute(
            "-- stream::insert
            with begun as (
                insert into streams (topic, partition, lineage, first_offset, next_offset, chain_offset)
                select $1, partition, lineage, first_offset, first_offset, first_offset
                from unnest($2::int[], $3::int[], $4::bigint[]) as new(partition, lineage, first_offset)
                on conflict (topic, partition, lineage) do nothing
                returning id, next_offset, event_count, head)
            insert into seals (stream_id, next_offset, event_count, head)
            select id, next_offset, event_count, head from begun",
            &[&topic, &partitions, &lineages, &first_offsets],
        )
        .await?;
    Ok(())
}

/// Goes on at `to_offset`, and records what was lost before it.
pub(crate) async fn skip(pool: &Pool, stream: &Stream, to_offset: i64) -> Result<(), AppendError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let lost = OffsetGap {
        stream: stream.id,
        from_offset: stream.next_offset,
        to_offset,
        reason: GapReason::Expired,
    };
    move_past(&transaction, stream, to_offset).await?;
    gap::insert(&transaction, &[lost]).await?;
    transaction.commit().await?;
    gap::announce(&lost);
    Ok(())
}

async fn move_past(
    transaction: &Transaction<'_>,
    stream: &Stream,
    to_offset: i64,
) -> Result<(), AppendError> {
    let moved = transaction
        .execute(
            "-- stream::move_past
            update streams set next_offset = $4, last_record_hash = null
            where id = $1 and owner_epoch = $2 and next_offset = $3",
            &[&stream.id, &stream.owner_epoch, &stream.next_offset, &to_offset],
        )
        .await?;
    if moved == 1 {
        return Ok(());
    }
    counter!(metric::REFUSED).increment(1);
    Err(AppendError::Moved)
}
