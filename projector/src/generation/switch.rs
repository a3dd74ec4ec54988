//! Switching: which generation readers see, and which may go.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use runtime::database::{Object, Pool, Transaction};
use schema::{GenerationId, PROJECTION_VERSION};
use serde::Serialize;
use tracing::info;

use crate::ProjectError;

/// What there is to know of a generation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GenerationSummary {
    /// Its key.
    pub id: i32,
    /// The version of decode and fold that fills it.
    pub projection_version: i32,
    /// The length that request ids of no known form must have; 0 for any.
    pub request_id_length: i32,
    /// How many writers its requests are dealt out to.
    pub shard_count: i16,
    /// Whether it is being built (`loading`, `folding`, `indexing`) or kept up with the log (`following`).
    pub state: String,
    /// Whether readers see it.
    pub is_active: bool,
    /// Whether it is the one to go back to.
    pub is_previous: bool,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// Events that it hasn't folded.
    pub lag_events: i64,
    /// How long the oldest of them has been in the log, in seconds.
    pub lag_seconds: f64,
    /// Bytes that its tables and indexes take.
    pub bytes: i64,
}

/// Every generation, in order.
///
/// # Errors
/// When the database fails.
pub async fn list_generations(pool: &Pool) -> Result<Vec<GenerationSummary>, ProjectError> {
    let client = pool.get().await?;
    let rows = client
        .query(
            "-- switch::list
            select generations.*, active.generation_id is not null as is_active,
                   exists (select from active_generation where previous_id = generations.id) as is_previous,
                   lag.events, lag.seconds,
                   (select coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint from pg_class
                    where relkind = 'r' and relnamespace::regnamespace::text = 'projection_' || generations.id) as bytes
            from generations
            left join active_generation as active on active.generation_id = generations.id
            cross join lateral (
                select coalesce(sum(lag_events), 0)::bigint as events, coalesce(max(lag_seconds), 0) as seconds
                from freshness where freshness.generation_id = generations.id
            ) as lag
            order by generations.id",
            &[],
        )
        .await?;
    let summary = |row: &tokio_postgres::Row| GenerationSummary {
        id: row.get("id"),
        projection_version: row.get("projection_version"),
        request_id_length: row.get("request_id_length"),
        shard_count: row.get("shard_count"),
        state: row.get("state"),
        is_active: row.get("is_active"),
        is_previous: row.get("is_previous"),
        created_at: row.get("created_at"),
        lag_events: row.get("events"),
        lag_seconds: row.get("seconds"),
        bytes: row.get("bytes"),
    };
    Ok(rows.iter().map(summary).collect())
}

/// What became of an attempt to switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Readers see it.
    Done,
    /// It has so many events less than the one that readers see: they would see time go back.
    Behind(i64),
}

/// Shows a generation to readers: one row is written. The one they saw is the one to go back to.
///
/// Not before it has folded all that the other one has: meanwhile that one is held still, for as long as this takes.
///
/// # Errors
/// When it isn't there, isn't complete, or is of a version that this build can't speak for.
pub async fn activate(pool: &Pool, id: GenerationId) -> Result<Switch, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let row = transaction
        .query_opt("select projection_version, state from generations where id = $1", &[&id])
        .await?
        .ok_or(ProjectError::Unfit(id, "isn't there: `payload-tracker generations` lists them"))?;
    if row.get::<_, i32>("projection_version") != PROJECTION_VERSION {
        return Err(ProjectError::Unfit(id, "was made by another version: activate it with that one"));
    }
    if row.get::<_, &str>("state") != "following" {
        return Err(ProjectError::Unfit(id, "isn't complete: run `payload-tracker rebuild`"));
    }
    hold_active(&transaction).await?;
    let behind = count_behind(&transaction, id).await?;
    if behind > 0 {
        return Ok(Switch::Behind(behind));
    }
    transaction
        .execute(
            "-- switch::activate
            insert into active_generation as active (generation_id) values ($1)
            on conflict (is_only) do update set
                generation_id = excluded.generation_id, previous_id = active.generation_id, activated_at = now()
            where active.generation_id <> excluded.generation_id",
            &[&id],
        )
        .await?;
    transaction.commit().await?;
    info!(generation = id.0, "activated");
    Ok(Switch::Done)
}

/// Tries to activate a generation that is being followed until it is no longer behind, at most so long.
///
/// # Errors
/// As those of [`activate`].
pub async fn activate_within(
    pool: &Pool,
    id: GenerationId,
    patience: Duration,
) -> Result<Switch, ProjectError> {
    let started_at = Instant::now();
    loop {
        let switch = activate(pool, id).await?;
        if switch == Switch::Done || started_at.elapsed() >= patience {
            return Ok(switch);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The generation that readers saw before, which has been kept up with the log.
///
/// # Errors
/// When there is none.
pub async fn previous_generation(pool: &Pool) -> Result<GenerationId, ProjectError> {
    let sql = "select previous_id from active_generation where previous_id is not null";
    let row = pool.get().await?.query_opt(sql, &[]).await?;
    Ok(row.ok_or(ProjectError::NoPrevious)?.get("previous_id"))
}

/// Holds the generation that readers see still until the end of the transaction: its writers wait.
async fn hold_active(transaction: &Transaction<'_>) -> Result<(), ProjectError> {
    let sql = "-- switch::hold
        select pg_advisory_xact_lock(id, shard) from (
            select id, shard from generations join active_generation on generation_id = id
            cross join generate_series(0, shard_count - 1) as each(shard)
            order by shard
        ) as shards";
    transaction.query(sql, &[]).await?;
    Ok(())
}

/// How many events the one that readers see has folded and this one hasn't.
async fn count_behind(transaction: &Transaction<'_>, id: GenerationId) -> Result<i64, ProjectError> {
    let row = transaction
        .query_one(
            "-- switch::count_behind
            select coalesce(sum(greatest(ahead.next_offset - own.next_offset, 0)), 0)::bigint as behind
            from freshness as own
            join (
                select stream_id, max(next_offset) as next_offset
                from cursors join active_generation using (generation_id) group by stream_id
            ) as ahead using (stream_id)
            where own.generation_id = $1",
            &[&id],
        )
        .await?;
    Ok(row.get("behind"))
}

/// Drops generations: those that are named, or else all that are complete and neither active nor the one to go back to. Gives which
/// ones; a dry run drops none.
///
/// # Errors
/// When one that is named is active or isn't there.
pub async fn prune(
    pool: &Pool,
    named: &[GenerationId],
    is_dry: bool,
) -> Result<Vec<GenerationSummary>, ProjectError> {
    let all = list_generations(pool).await?;
    for id in named {
        let known = all.iter().find(|generation| generation.id == id.0);
        match known {
            None => return Err(ProjectError::Unfit(*id, "isn't there")),
            Some(generation) if generation.is_active => {
                return Err(ProjectError::Unfit(*id, "is the one that readers see"));
            }
            Some(_) => {}
        }
    }
    let is_due = |generation: &GenerationSummary| {
        let is_spare = !generation.is_active && !generation.is_previous && generation.state == "following";
        if named.is_empty() { is_spare } else { named.contains(&GenerationId(generation.id)) }
    };
    let due: Vec<GenerationSummary> = all.into_iter().filter(is_due).collect();
    if !is_dry {
        let mut client = pool.get().await?;
        for generation in &due {
            drop_generation(&mut client, GenerationId(generation.id)).await?;
        }
    }
    Ok(due)
}

async fn drop_generation(client: &mut Object, id: GenerationId) -> Result<(), ProjectError> {
    let transaction = client.transaction().await?;
    // Waits for who is writing to it; who comes later finds it gone. Nobody can activate it meanwhile: that row refers to it.
    let deleted =
        transaction.execute("-- switch::drop\ndelete from generations where id = $1", &[&id]).await?;
    if deleted > 0 {
        transaction.batch_execute(&format!("drop schema {} cascade", id.schema())).await?;
    }
    transaction.commit().await?;
    info!(generation = id.0, "dropped");
    Ok(())
}
