//! Writing a batch: read models and cursor in one transaction, by a number of statements that doesn't depend on the batch.

mod allowance;
pub(crate) mod conflict;
pub(crate) mod count;
pub(crate) mod cursor;
mod known;
pub(crate) mod part;
pub(crate) mod payload;
pub(crate) mod quarantine;
pub(crate) mod service;
pub(crate) mod status;
mod view;

pub(crate) use self::known::Known;
pub(crate) use self::view::store_rows;

use runtime::database::{Object, Transaction};
use schema::{GenerationId, Status};

use crate::batch::Batch;
use crate::count::Counts;
use crate::shard::Shard;
use crate::table::{QUARANTINE, STATUSES};
use crate::{ProjectError, fold};

/// Writes all of a batch or nothing.
///
/// # Errors
/// [`ProjectError::Moved`] when a cursor isn't where the batch starts. After another error the outcome is unknown, and the
/// cursor tells.
pub(crate) async fn write(
    client: &mut Object,
    generation: GenerationId,
    batch: &Batch,
) -> Result<(), ProjectError> {
    let transaction = client.transaction().await?;
    lock(&transaction, generation, [batch.shard]).await?;
    cursor::advance(&transaction, generation, batch.shard, &batch.moves).await?;
    if !batch.statuses.is_empty() {
        let mut counts = Counts::default();
        let mut views = view::load(&transaction, &batch.statuses).await?;
        let known = Known::of(&views);
        view::count_payloads(&views, &mut counts, -1);
        fold(&mut views, &batch.statuses);
        view::count_payloads(&views, &mut counts, 1);
        batch.statuses.iter().for_each(|status| counts.add_status(status, 1));
        count::follow(&transaction, batch.shard, &known.moved(&views)).await?;
        store_rows(&transaction, &views, &known).await?;
        // Counting takes memory too, where names are many.
        drop((views, known));
        count::add(&transaction, batch.shard, &counts).await?;
        let mut statuses: Vec<&Status> = batch.statuses.iter().collect();
        statuses.sort_by_key(|status| &status.request_id);
        STATUSES.copy(&transaction, &statuses).await?;
    }
    QUARANTINE.copy(&transaction, &batch.quarantined).await?;
    transaction.commit().await?;
    Ok(())
}

/// Writes what a rebuild loads: the statuses as they are, to be folded later, and everything that needs no folding.
///
/// # Errors
/// As those of [`write()`].
pub(crate) async fn load(
    client: &mut Object,
    generation: GenerationId,
    batch: &Batch,
) -> Result<(), ProjectError> {
    let transaction = client.transaction().await?;
    lock(&transaction, generation, [batch.shard]).await?;
    cursor::advance(&transaction, generation, batch.shard, &batch.moves).await?;
    let mut counts = Counts::default();
    batch.statuses.iter().for_each(|status| counts.add_status(status, 1));
    count::add(&transaction, batch.shard, &counts).await?;
    STATUSES.copy(&transaction, &batch.statuses).await?;
    QUARANTINE.copy(&transaction, &batch.quarantined).await?;
    transaction.commit().await?;
    Ok(())
}

/// One writer a shard: views are read, folded and written back, and no two may do that to the same one at a time.
pub(crate) async fn lock(
    transaction: &Transaction<'_>,
    generation: GenerationId,
    shards: impl IntoIterator<Item = Shard>,
) -> Result<(), ProjectError> {
    let statement = transaction
        .prepare_cached(
            "-- write::lock
            select set_config('search_path', $3, true), pg_advisory_xact_lock($1, $2)
            from generations where id = $1 for key share",
        )
        .await?;
    let path = format!("{}, public", generation.schema());
    for shard in shards {
        let locked = transaction.query_opt(&statement, &[&generation.0, &i32::from(shard.0), &path]).await?;
        locked.map(drop).ok_or(ProjectError::GenerationGone)?;
    }
    Ok(())
}

/// Has plain names mean a generation's tables, for the rest of the transaction.
pub(crate) async fn use_schema(
    transaction: &Transaction<'_>,
    generation: GenerationId,
) -> Result<(), ProjectError> {
    let path = format!("{}, public", generation.schema());
    transaction.execute("-- write::use_schema\nselect set_config('search_path', $1, true)", &[&path]).await?;
    Ok(())
}
