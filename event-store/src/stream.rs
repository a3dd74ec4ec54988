//! The rows of `streams`: where each partition stands, and whose it is.

use metrics::counter;
use runtime::database::{Pool, Transaction};
use schema::{GapReason, OffsetGap, Stream};
use tokio_postgres::error::SqlState;
use tracing::warn;

use crate::{AppendError, gap, metric};

/// A stream to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewStream {
    pub(crate) partition: i32,
    pub(crate) lineage: i32,
    pub(crate) first_offset: i64,
    /// Who the lineage before was taken over by: if it has gone to somebody else since, so has this.
    pub(crate) previous_epoch: i64,
}

/// Takes over the latest lineage of each of these partitions, where there is one: from now on no earlier owner can append.
///
/// # Errors
/// Passing ones among them: an owner that stopped in the middle of an append holds its streams until the server ends its
/// transaction.
pub(crate) async fn take_over(
    pool: &Pool,
    topic: &str,
    topic_id: Option<&str>,
    partitions: &[i32],
) -> Result<Vec<Stream>, AppendError> {
    let taken = try_take_over(pool, topic, topic_id, partitions).await;
    if let Err(AppendError::Database(error)) = &taken
        && error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    {
        match evict_stuck_copies(pool).await? {
            0 => {}
            evicted => warn!(evicted, "an owner that stopped in the middle of an append was cut off"),
        }
    }
    taken
}

async fn try_take_over(
    pool: &Pool,
    topic: &str,
    topic_id: Option<&str>,
    partitions: &[i32],
) -> Result<Vec<Stream>, AppendError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    // Ask again rather than wait in line: the broker wants to be polled meanwhile.
    transaction.batch_execute("set local lock_timeout = '1s'").await?;
    let rows = transaction
        .query(
            "-- stream::take_over
            with latest as (
                select distinct on (partition) id from streams
                where topic = $1 and partition = any($2)
                order by partition, lineage desc)
            update streams set owner_epoch = owner_epoch + 1, topic_id = coalesce(topic_id, $3)
            where id in (select id from latest)
            returning id, topic, partition, topic_id, lineage, first_offset, next_offset, last_record_hash, owner_epoch, chain_offset,
                      event_count, head",
            &[&topic, &partitions, &topic_id],
        )
        .await?;
    transaction.commit().await?;
    Ok(rows.iter().map(Stream::from_row).collect())
}

/// Ends copies that have waited long for more data. While a server waits for that, no time-out of its own ends the transaction: an
/// owner whose machine stands still would keep its streams for ever.
async fn evict_stuck_copies(pool: &Pool) -> Result<i64, AppendError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    // The users that services log in as may end their own sessions, which the appender's role may not.
    transaction.batch_execute("set local role none").await?;
    let row = transaction
        .query_one(
            "-- stream::evict_stuck_copies
            select count(*) filter (where pg_terminate_backend(pid)) as evicted
            from pg_stat_activity
            where datname = current_database() and usename = session_user and state = 'active'
                and query like '-- append::copy%' and wait_event = 'ClientRead'
                and query_start < clock_timestamp() - interval '10 seconds'",
            &[],
        )
        .await?;
    transaction.commit().await?;
    Ok(row.get("evicted"))
}

/// Begins streams, and their chains. One that another consumer began in the meantime stays as that one made it.
pub(crate) async fn insert(
    pool: &Pool,
    topic: &str,
    topic_id: Option<&str>,
    streams: &[NewStream],
) -> Result<(), AppendError> {
    let partitions: Vec<i32> = streams.iter().map(|stream| stream.partition).collect();
    let lineages: Vec<i32> = streams.iter().map(|stream| stream.lineage).collect();
    let first_offsets: Vec<i64> = streams.iter().map(|stream| stream.first_offset).collect();
    let previous_epochs: Vec<i64> = streams.iter().map(|stream| stream.previous_epoch).collect();
    let client = pool.get().await?;
    client
        .execute(
            "-- stream::insert
            with begun as (
                insert into streams (topic, partition, topic_id, lineage, first_offset, next_offset, chain_offset)
                select $1, partition, $5, lineage, first_offset, first_offset, first_offset
                from unnest($2::int[], $3::int[], $4::bigint[], $6::bigint[]) as new(partition, lineage, first_offset, previous_epoch)
                where lineage = 0 or exists (
                    select from streams as previous
                    where previous.topic = $1 and previous.partition = new.partition
                        and previous.lineage = new.lineage - 1 and previous.owner_epoch = new.previous_epoch)
                on conflict (topic, partition, lineage) do nothing
                returning id, next_offset, event_count, head)
            insert into seals (stream_id, next_offset, event_count, head)
            select id, next_offset, event_count, head from begun",
            &[&topic, &partitions, &lineages, &first_offsets, &topic_id, &previous_epochs],
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
