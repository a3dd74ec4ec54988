//! Folding what was loaded, bucket by bucket, and making the indexes.

use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use runtime::database::{Pool, Transaction};
use schema::{Conflict, GenerationId, PROJECTION_INDEXES, Part, Payload, RequestId, STATUS_INDEX, Service};

use crate::bucket::Bucket;
use crate::count::Counts;
use crate::fold::View;
use crate::progress::Progress;
use crate::refold::{Refold, Refolded};
use crate::shard::Shard;
use crate::table::{CONFLICTS, PARTS, PAYLOADS, SERVICES};
use crate::write::{count, use_schema};
use crate::{Generation, ProjectError};

/// Rows that are held before they are written.
const ROWS: usize = 20_000;
/// Buckets that are folded at once.
const WORKERS: usize = 2;

/// Folds every bucket that isn't folded yet.
pub(super) async fn fold_all(
    pool: &Pool,
    generation: Generation,
    progress: &Progress,
) -> Result<(), ProjectError> {
    progress.begin("sorting", 0, 0);
    run(pool, generation.id, STATUS_INDEX).await?;
    let folded = list_folded(pool, generation.id).await?;
    progress.begin("folding", folded.len() as u64, Bucket::COUNT as u64);
    stream::iter(Bucket::all().filter(|bucket| !folded.contains(&i16::from(bucket.0))))
        .map(Ok)
        .try_for_each_concurrent(WORKERS, |bucket| async move {
            fold(pool, generation, bucket).await?;
            progress.add(1);
            Ok(())
        })
        .await
}

/// Makes the indexes, and has PostgreSQL look at what there is.
pub(super) async fn index(pool: &Pool, id: GenerationId, progress: &Progress) -> Result<(), ProjectError> {
    progress.begin("indexing", 0, 0);
    run(pool, id, PROJECTION_INDEXES).await?;
    let tables = "payloads, services, parts, conflicts, statuses, quarantine, status_kinds, status_counts, payload_counts";
    run(pool, id, &format!("analyze {tables}")).await
}

/// Rows of a bucket that are to be written.
#[derive(Default)]
struct Rows {
    payloads: Vec<Payload>,
    services: Vec<Service>,
    parts: Vec<Part>,
    conflicts: Vec<Conflict>,
    counts: HashMap<Shard, Counts>,
}

/// Folds one bucket: all of it in one transaction, or nothing.
async fn fold(pool: &Pool, generation: Generation, bucket: Bucket) -> Result<(), ProjectError> {
    let mut reader = pool.get().await?;
    let reader = reader.transaction().await?;
    let mut writer = pool.get().await?;
    let transaction = writer.transaction().await?;
    use_schema(&transaction, generation.id).await?;
    // It waits for what is read.
    transaction.batch_execute("set local idle_in_transaction_session_timeout = 0").await?;
    let mut rows = Rows::default();
    let mut refold = Refold::start(&reader, generation.id, &bucket.range()).await?;
    while let Some(Refolded { request_id, view }) = refold.next(|_| {}).await? {
        rows.take(&request_id, view, Shard::of(&request_id, generation.shard_count));
        if rows.services.len() + rows.parts.len() > ROWS {
            rows.write(&transaction).await?;
        }
    }
    if let Some(damage) = refold.damaged.into_iter().next() {
        return Err(ProjectError::Damaged(damage));
    }
    rows.write(&transaction).await?;
    // Always in the same order, for another worker adds to the same counts.
    for shard in Shard::all(generation.shard_count) {
        if let Some(counts) = rows.counts.get(&shard) {
            count::add(&transaction, shard, counts).await?;
        }
    }
    // By compare-and-set: a run that was thought to be dead may have been here.
    let noted = transaction
        .execute(
            "-- build::note_folded
            update public.generations set folded_buckets = folded_buckets || $2::smallint
            where id = $1 and state = 'folding' and not $2 = any(folded_buckets)",
            &[&generation.id, &i16::from(bucket.0)],
        )
        .await?;
    if noted == 0 {
        return Err(ProjectError::RebuildUnderWay);
    }
    transaction.commit().await?;
    Ok(())
}

impl Rows {
    fn take(&mut self, request_id: &RequestId, view: View, shard: Shard) {
        self.conflicts.extend(view.conflicts(request_id));
        self.services.extend(view.services.into_values());
        self.parts.extend(view.parts.into_values());
        if let Some(payload) = view.payload {
            self.counts.entry(shard).or_default().add_payload(&payload, 1);
            self.payloads.push(payload);
        }
    }

    async fn write(&mut self, transaction: &Transaction<'_>) -> Result<(), ProjectError> {
        PAYLOADS.copy(transaction, &std::mem::take(&mut self.payloads)).await?;
        SERVICES.copy(transaction, &std::mem::take(&mut self.services)).await?;
        PARTS.copy(transaction, &std::mem::take(&mut self.parts)).await?;
        CONFLICTS.copy(transaction, &std::mem::take(&mut self.conflicts)).await
    }
}

async fn list_folded(pool: &Pool, id: GenerationId) -> Result<Vec<i16>, ProjectError> {
    let client = pool.get().await?;
    let sql = "-- build::list_folded\nselect folded_buckets from generations where id = $1";
    Ok(client.query_one(sql, &[&id]).await?.get("folded_buckets"))
}

/// Runs statements on a generation's tables.
async fn run(pool: &Pool, id: GenerationId, sql: &str) -> Result<(), ProjectError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    use_schema(&transaction, id).await?;
    transaction.batch_execute(sql).await?;
    transaction.commit().await?;
    Ok(())
}
