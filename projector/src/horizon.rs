//! The horizon: what retention took out of the log leaves the read models too, so that they stay the fold of what is kept.

use std::collections::{HashMap, HashSet};

use runtime::database::{Object, Transaction};
use schema::{GenerationId, RequestId, Status, StreamId};
use tracing::info;

use crate::write::{lock, payload, quarantine, status};
use crate::{ProjectError, fold};

/// Statuses that are taken out in one transaction.
const CHUNK: i64 = 2_000;

/// A retired range of which the generation may still hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retired {
    pub(crate) stream: StreamId,
    pub(crate) from_offset: i64,
    pub(crate) to_offset: i64,
}

/// Takes the next chunk of what was retired out of a generation. Gives whether there was anything to do.
///
/// # Errors
/// The chunk is then out whole or not at all.
pub(crate) async fn pass(client: &mut Object, generation: GenerationId) -> Result<bool, ProjectError> {
    let Some(retired) = find_next(client, generation).await? else { return Ok(false) };
    let transaction = client.transaction().await?;
    lock(&transaction, generation).await?;
    let request_ids = status::delete(&transaction, &retired, CHUNK).await?;
    if request_ids.is_empty() {
        quarantine::delete(&transaction, &retired).await?;
        insert(&transaction, generation, &retired).await?;
        info!(
            stream = retired.stream.0,
            to_offset = retired.to_offset,
            "the read models have left a retired day behind"
        );
    } else {
        refold(&transaction, &request_ids).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Folds payloads anew from the statuses that are left of them; one of which nothing is left goes.
async fn refold(transaction: &Transaction<'_>, request_ids: &HashSet<RequestId>) -> Result<(), ProjectError> {
    let statuses: Vec<Status> = status::list(transaction, request_ids).await?;
    let mut payloads = HashMap::new();
    fold(&mut payloads, &statuses);
    let gone: Vec<&RequestId> = request_ids.iter().filter(|id| !payloads.contains_key(*id)).collect();
    payload::delete(transaction, &gone).await?;
    payload::upsert(transaction, &payloads.into_values().collect::<Vec<_>>()).await
}

async fn find_next(client: &Object, generation: GenerationId) -> Result<Option<Retired>, ProjectError> {
    let statement = client
        .prepare_cached(
            "-- horizon::find_next
            select stream_id, from_offset, to_offset from retired_ranges
            where not exists (
                select from horizons
                where horizons.generation_id = $1 and horizons.stream_id = retired_ranges.stream_id
                    and horizons.from_offset = retired_ranges.from_offset)
            order by day, stream_id, from_offset
            limit 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[&generation]).await?;
    Ok(row.map(|row| Retired {
        stream: row.get("stream_id"),
        from_offset: row.get("from_offset"),
        to_offset: row.get("to_offset"),
    }))
}

async fn insert(
    transaction: &Transaction<'_>,
    generation: GenerationId,
    retired: &Retired,
) -> Result<(), ProjectError> {
    transaction
        .execute(
            "-- horizon::insert
            insert into horizons (generation_id, stream_id, from_offset) values ($1, $2, $3)",
            &[&generation, &retired.stream, &retired.from_offset],
        )
        .await?;
    Ok(())
}
