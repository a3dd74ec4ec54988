//! The horizon: what retention took out of the log leaves the read models too, so that they stay the fold of what is kept.

use std::collections::HashMap;

use runtime::database::{Object, Transaction};
use schema::{GenerationId, Payload, RequestId, Status, StreamId};
use tokio_postgres::GenericClient;
use tracing::info;

use crate::count::Counts;
use crate::fold::View;
use crate::shard::Shard;
use crate::write::{Known, conflict, count, lock, part, payload, quarantine, service, status, store_rows};
use crate::{Generation, ProjectError, fold};

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
pub(crate) async fn pass(client: &mut Object, generation: &Generation) -> Result<bool, ProjectError> {
    let Some(retired) = find_next(client, generation.id).await? else { return Ok(false) };
    let transaction = client.transaction().await?;
    lock(&transaction, generation.id, Shard::all(generation.shard_count)).await?;
    // Another process may have been here meanwhile: then nothing is left, and noting that again changes nothing.
    let gone = status::delete(&transaction, &retired, CHUNK).await?;
    if gone.is_empty() {
        quarantine::delete(&transaction, &retired).await?;
        insert(&transaction, generation.id, &retired).await?;
        info!(
            generation = generation.id.0,
            stream = retired.stream.0,
            to_offset = retired.to_offset,
            "the read models have left a retired day behind"
        );
    } else {
        refold(&transaction, generation, &gone).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Folds requests anew from the statuses that are left of them; one of which nothing is left goes.
async fn refold(
    transaction: &Transaction<'_>,
    generation: &Generation,
    gone: &[Status],
) -> Result<(), ProjectError> {
    let mut counts: HashMap<Shard, Counts> = HashMap::new();
    let mut of = |id: &RequestId, count: &dyn Fn(&mut Counts)| {
        count(counts.entry(Shard::of(id, generation.shard_count)).or_default());
    };
    gone.iter().for_each(|status| of(&status.request_id, &|counts| counts.add_status(status, -1)));
    let mut request_ids: Vec<&RequestId> = gone.iter().map(|status| &status.request_id).collect();
    request_ids.sort_unstable();
    request_ids.dedup();
    let before: Vec<Payload> = payload::list(transaction, &request_ids).await?;
    before.iter().for_each(|payload| of(&payload.request_id, &|counts| counts.add_payload(payload, -1)));
    let mut views: HashMap<RequestId, View> = HashMap::new();
    fold(&mut views, &status::list(transaction, &request_ids).await?);
    let after = views.values().filter_map(|view| view.payload.as_ref());
    after.for_each(|payload| of(&payload.request_id, &|counts| counts.add_payload(payload, 1)));
    payload::delete(transaction, &request_ids).await?;
    service::delete(transaction, &request_ids).await?;
    part::delete(transaction, &request_ids).await?;
    conflict::delete(transaction, &request_ids).await?;
    store_rows(transaction, &views, &Known::default()).await?;
    for (shard, counts) in &counts {
        count::add(transaction, *shard, counts).await?;
    }
    Ok(())
}

/// Whether the generation still holds some of what retention took: until it doesn't, it isn't the fold of the log.
pub(crate) async fn is_pending(
    client: &impl GenericClient,
    generation: GenerationId,
) -> Result<bool, ProjectError> {
    let sql = "-- horizon::is_pending
        select exists (
            select from retired_ranges as range
            where not exists (
                select from horizons
                where horizons.generation_id = $1 and horizons.stream_id = range.stream_id
                    and horizons.from_offset = range.from_offset)) as is_pending";
    Ok(client.query_one(sql, &[&generation]).await?.get("is_pending"))
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
            insert into horizons (generation_id, stream_id, from_offset) values ($1, $2, $3)
            on conflict do nothing",
            &[&generation, &retired.stream, &retired.from_offset],
        )
        .await?;
    Ok(())
}
