//! Folding what was loaded, bucket by bucket, and making the indexes.

use runtime::database::Pool;
use schema::{GenerationId, PROJECTION_INDEXES, STATUS_INDEX};

use crate::bucket::Bucket;
use crate::parallel::for_each;
use crate::progress::Progress;
use crate::refold::Refold;
use crate::rows::Rows;
use crate::write::use_schema;
use crate::{Generation, ProjectError};

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
    let rest = Bucket::all().filter(|bucket| !folded.contains(&i16::from(bucket.0)));
    for_each(rest, WORKERS, |bucket| fold(pool.clone(), generation, bucket), |()| progress.add(1)).await
}

/// Makes the indexes, and has PostgreSQL look at what there is.
pub(super) async fn index(pool: &Pool, id: GenerationId, progress: &Progress) -> Result<(), ProjectError> {
    progress.begin("indexing", 0, 0);
    run(pool, id, PROJECTION_INDEXES).await?;
    let tables = "payloads, services, parts, conflicts, statuses, quarantine, status_kinds, status_counts, payload_counts, service_counts";
    run(pool, id, &format!("analyze {tables}")).await
}

/// Folds one bucket: all of it in one transaction, or nothing.
async fn fold(pool: Pool, generation: Generation, bucket: Bucket) -> Result<(), ProjectError> {
    let mut reader = pool.get().await?;
    let reader = reader.transaction().await?;
    let mut writer = pool.get().await?;
    let transaction = writer.transaction().await?;
    use_schema(&transaction, generation.id).await?;
    // It waits for what is read.
    transaction.batch_execute("set local idle_in_transaction_session_timeout = 0").await?;
    let mut rows = Rows::new(generation.shard_count);
    let mut refold = Refold::views(&reader, generation.id, &bucket.range()).await?;
    while let Some(refolded) = refold.next(|_| {}).await? {
        rows.take(&transaction, refolded).await?;
    }
    refold.finish()?;
    rows.finish(&transaction).await?;
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
