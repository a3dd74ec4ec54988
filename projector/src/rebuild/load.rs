//! Loading: the log, decoded, into tables without indexes.

use runtime::database::{Object, Pool};

use super::LIMITS;
use crate::batch::Batch;
use crate::pipeline::drain;
use crate::progress::Progress;
use crate::read::{Read, Reading};
use crate::write::load as write;
use crate::{Generation, ProjectError};

/// Loads all there is. What comes later is folded in the usual way.
pub(super) async fn load(
    pool: &Pool,
    generation: Generation,
    progress: &Progress,
) -> Result<(), ProjectError> {
    let (done, total) = count(pool, generation).await?;
    progress.begin("loading", done, total);
    let observe = |read: &Read| {
        // Each shard moves over all events; whose they are shows only in what it holds.
        let events = read.batches.iter().map(|batch| batch.statuses.len() + batch.quarantined.len());
        progress.add(events.sum::<usize>() as u64);
    };
    let writing = pool.clone();
    let write = move |batch| write_batch(writing.clone(), generation, batch);
    drain(pool, generation, &Reading::all(LIMITS), observe, write).await
}

async fn write_batch(pool: Pool, generation: Generation, batch: Batch) -> Result<(), ProjectError> {
    let mut client = pool.get().await?;
    let written = write(&mut client, generation.id, &batch).await;
    if written.is_err() {
        // What state the connection is in, nobody knows: don't hand it out again.
        drop(Object::take(client));
    }
    written
}

/// How many events are loaded, and how many there are, by their offsets.
async fn count(pool: &Pool, generation: Generation) -> Result<(u64, u64), ProjectError> {
    let row = pool
        .get()
        .await?
        .query_one(
            "-- load::count
            select coalesce(sum(end_offset - first_offset), 0)::bigint as total,
                   coalesce(sum(freshness.next_offset - first_offset), 0)::bigint as done
            from freshness join streams on streams.id = stream_id
            where generation_id = $1",
            &[&generation.id],
        )
        .await?;
    Ok((row.get::<_, i64>("done").unsigned_abs(), row.get::<_, i64>("total").unsigned_abs()))
}
