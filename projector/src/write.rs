//! Writing a batch: read models and cursor in one transaction, by a number of statements that doesn't depend on the batch.

mod cursor;
pub(crate) mod payload;
pub(crate) mod quarantine;
pub(crate) mod status;

use std::collections::{HashMap, HashSet};

use runtime::database::{Object, Transaction};
use schema::{GenerationId, Payload, Quarantined, RequestId, Status};

use crate::read::Backlog;
use crate::{ProjectError, fold};

/// What a batch of events became.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// By stream, where the batch starts and ends.
    pub(crate) moves: Vec<Backlog>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) quarantined: Vec<Quarantined>,
}

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
    lock(&transaction, generation).await?;
    cursor::advance(&transaction, generation, &batch.moves).await?;
    let payloads = folded(&transaction, &batch.statuses).await?;
    payload::upsert(&transaction, &payloads).await?;
    status::copy(&transaction, &batch.statuses).await?;
    quarantine::copy(&transaction, &batch.quarantined).await?;
    transaction.commit().await?;
    Ok(())
}

/// One writer a generation: payloads are read, folded and written back, and no two may do that to the same one at a time.
pub(crate) async fn lock(
    transaction: &Transaction<'_>,
    generation: GenerationId,
) -> Result<(), ProjectError> {
    let statement = transaction
        .prepare_cached(
            "-- write::lock
            select set_config('search_path', $2, true) from generations where id = $1 for update",
        )
        .await?;
    let path = format!("{}, public", generation.schema());
    let locked = transaction.query_opt(&statement, &[&generation, &path]).await?;
    locked.map(drop).ok_or(ProjectError::GenerationGone)
}

/// The payloads that the statuses belong to, with them folded in.
async fn folded(transaction: &Transaction<'_>, statuses: &[Status]) -> Result<Vec<Payload>, ProjectError> {
    let ids: HashSet<&RequestId> = statuses.iter().map(|status| &status.request_id).collect();
    let known = payload::list(transaction, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut payloads: HashMap<RequestId, Payload> =
        known.into_iter().map(|payload| (payload.request_id.clone(), payload)).collect();
    fold(&mut payloads, statuses);
    Ok(payloads.into_values().collect())
}
