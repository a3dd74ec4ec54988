//! Listing: which generations there are.

use chrono::{DateTime, Utc};
use runtime::database::Pool;
use serde::Serialize;

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
    /// Whether it is complete, newer than the active one, and was never shown: it may be activated yet.
    pub is_unseen: bool,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When readers saw it for the first time.
    pub activated_at: Option<DateTime<Utc>>,
    /// The generation that it was compared with last.
    pub compared_with: Option<i32>,
    /// When that was.
    pub compared_at: Option<DateTime<Utc>>,
    /// Whether the two told the same.
    pub is_same: Option<bool>,
    /// When it was shown to readers although it differs, or wasn't compared.
    pub accepted_at: Option<DateTime<Utc>>,
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
            "-- list::all
            select generations.id, projection_version, request_id_length, shard_count, state, created_at,
                   generations.activated_at, compared_with, compared_at, is_same, accepted_at,
                   active.generation_id is not null as is_active,
                   exists (select from active_generation where previous_id = generations.id) as is_previous,
                   state = 'following' and generations.activated_at is null
                       and generations.id > coalesce((select generation_id from active_generation), 0) as is_unseen,
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
        is_unseen: row.get("is_unseen"),
        created_at: row.get("created_at"),
        activated_at: row.get("activated_at"),
        compared_with: row.get("compared_with"),
        compared_at: row.get("compared_at"),
        is_same: row.get("is_same"),
        accepted_at: row.get("accepted_at"),
        lag_events: row.get("events"),
        lag_seconds: row.get("seconds"),
        bytes: row.get("bytes"),
    };
    Ok(rows.iter().map(summary).collect())
}
