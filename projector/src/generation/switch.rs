//! Switching: which generation readers see, and which may go.

use chrono::{DateTime, Utc};
use runtime::database::{Object, Pool};
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

/// Shows a generation to readers: one row is written. The one they saw is the one to go back to.
///
/// # Errors
/// When it isn't there, isn't complete, or is of a version that this build can't speak for.
pub async fn activate(pool: &Pool, id: GenerationId) -> Result<(), ProjectError> {
    let client = pool.get().await?;
    let row = client
        .query_opt("select projection_version, state from generations where id = $1", &[&id])
        .await?
        .ok_or(ProjectError::Unfit(id, "isn't there: `payload-tracker generations` lists them"))?;
    if row.get::<_, i32>("projection_version") != PROJECTION_VERSION {
        return Err(ProjectError::Unfit(id, "was made by another version: activate it with that one"));
    }
    if row.get::<_, &str>("state") != "following" {
        return Err(ProjectError::Unfit(id, "isn't complete: run `payload-tracker rebuild`"));
    }
    client
        .execute(
            "-- switch::activate
            insert into active_generation as active (generation_id) values ($1)
            on conflict (is_only) do update set
                generation_id = excluded.generation_id, previous_id = active.generation_id, activated_at = now()
            where active.generation_id <> excluded.generation_id",
            &[&id],
        )
        .await?;
    info!(generation = id.0, "activated");
    Ok(())
}

/// Shows readers the generation that they saw before, which has been kept up with the log. Gives which one that is.
///
/// # Errors
/// When there is none.
pub async fn roll_back(pool: &Pool) -> Result<GenerationId, ProjectError> {
    let client = pool.get().await?;
    let row = client
        .query_opt(
            "-- switch::roll_back
            update active_generation set generation_id = previous_id, previous_id = generation_id, activated_at = now()
            where previous_id is not null
            returning generation_id",
            &[],
        )
        .await?;
    let id: GenerationId = row.ok_or(ProjectError::NoPrevious)?.get("generation_id");
    info!(generation = id.0, "went back");
    Ok(id)
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
