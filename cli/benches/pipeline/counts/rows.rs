//! Rows of a generation, and their counts, as the projector would leave them: made by PostgreSQL, for it is faster.

use anyhow::Result;
use projector::Shape;
use schema::{PROJECTION_INDEXES, STATUS_INDEX};
use tokio_postgres::types::ToSql;

use crate::database::Database;
use crate::say;

/// The counts' own keys stay: they are made with their tables.
const INDEXES_TO_DROP: &str = "select string_agg(format('drop index projection_1.%I', indexname), '; ') as sql
    from pg_indexes
    where schemaname = 'projection_1' and indexname not in ('status_kinds_pkey', 'status_counts_pkey', 'payload_counts_pkey', 'service_counts_pkey')";

/// Fills the first generation, without indexes, and makes them afterwards.
pub(crate) async fn fill(database: &Database, payloads: u32, statuses: u32) -> Result<()> {
    let pool = database.pool(&projector::pool_options())?;
    projector::find_or_create(&pool, Shape { request_id_length: 32, shard_count: 4 }).await?;
    let client = &database.client;
    let drop: String = client.query_one(INDEXES_TO_DROP, &[]).await?.get("sql");
    client.batch_execute(&drop).await?;
    client.batch_execute("set search_path = projection_1, public; set work_mem = '256MB'").await?;
    let (statuses, payloads) = (i64::from(statuses), i64::from(payloads));
    let steps: [(&str, &str, &[&(dyn ToSql + Sync)]); 6] = [
        ("statuses", include_str!("statuses.sql"), &[&statuses, &payloads]),
        ("payloads", include_str!("payloads.sql"), &[]),
        ("kinds", include_str!("kinds.sql"), &[]),
        ("counts of statuses", include_str!("status_counts.sql"), &[]),
        ("counts of payloads", include_str!("payload_counts.sql"), &[]),
        ("counts of services", include_str!("service_counts.sql"), &[]),
    ];
    for (what, sql, values) in steps {
        let count = client.execute(sql, values).await?;
        say(&format!("{}: {count} rows of {what}", database.name()));
    }
    for indexes in [STATUS_INDEX, PROJECTION_INDEXES] {
        client.batch_execute(indexes).await?;
    }
    client.batch_execute("vacuum (analyze)").await?;
    client.batch_execute("checkpoint").await?;
    Ok(())
}
