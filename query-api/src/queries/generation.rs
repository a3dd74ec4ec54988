//! Generations of read models.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::Snapshot;
use crate::error::QueryError;

/// What there is to know of a generation.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    pub(crate) id: i32,
    pub(crate) projection_version: i32,
    pub(crate) request_id_length: i32,
    pub(crate) shard_count: i16,
    pub(crate) state: String,
    pub(crate) is_active: bool,
    pub(crate) is_previous: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) built_at: Option<DateTime<Utc>>,
    pub(crate) activated_at: Option<DateTime<Utc>>,
    pub(crate) compared_with: Option<i32>,
    pub(crate) compared_at: Option<DateTime<Utc>>,
    pub(crate) is_same: Option<bool>,
    pub(crate) accepted_at: Option<DateTime<Utc>>,
    pub(crate) lag_events: i64,
    pub(crate) lag_seconds: f64,
}

/// So many of them, the latest first.
pub(crate) async fn list(snapshot: &Snapshot<'_>, most: i64) -> Result<Vec<Generation>, QueryError> {
    let sql = "-- generation::list
        select generations.*, active.generation_id is not null as is_active,
            exists (select from active_generation where previous_id = generations.id) as is_previous,
            lag.events as lag_events, lag.seconds as lag_seconds
        from (
            select id, projection_version, request_id_length, shard_count, state, created_at, built_at, activated_at,
                compared_with, compared_at, is_same, accepted_at
            from generations order by id desc limit $1
        ) as generations
        left join active_generation as active on active.generation_id = generations.id
        cross join lateral (
            select coalesce(sum(lag_events), 0)::bigint as events, coalesce(max(lag_seconds), 0) as seconds
            from freshness where freshness.generation_id = generations.id
        ) as lag
        order by generations.id desc";
    let rows = snapshot.query(sql, &[&most]).await?;
    Ok(rows.iter().map(Generation::from_row).collect())
}

impl Generation {
    fn from_row(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            projection_version: row.get("projection_version"),
            request_id_length: row.get("request_id_length"),
            shard_count: row.get("shard_count"),
            state: row.get("state"),
            is_active: row.get("is_active"),
            is_previous: row.get("is_previous"),
            created_at: row.get("created_at"),
            built_at: row.get("built_at"),
            activated_at: row.get("activated_at"),
            compared_with: row.get("compared_with"),
            compared_at: row.get("compared_at"),
            is_same: row.get("is_same"),
            accepted_at: row.get("accepted_at"),
            lag_events: row.get("lag_events"),
            lag_seconds: row.get("lag_seconds"),
        }
    }
}
