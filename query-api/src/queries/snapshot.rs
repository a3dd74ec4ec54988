//! Snapshots: a moment of the active generation, in which counts and pages agree.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use metrics::histogram;
use runtime::database::Transaction;
use schema::PROJECTION_VERSION;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row};
use tracing::{Instrument as _, Span, info_span};

use super::connection::{Asking, Connection};
use super::rows::Rows;
use crate::access::Viewer;
use crate::error::{ApiError, LOG_MIB, QueryError};
use crate::metric;

/// A read-only transaction in which the tables of the active generation go by their plain names.
///
/// Dropped, it rolls back: it only ever reads.
pub(crate) struct Snapshot<'a> {
    transaction: Transaction<'a>,
    asking: Asking<'a>,
    org_id: Option<String>,
    moment: String,
    /// Bytes that it may still read of the log.
    log_left: AtomicUsize,
    /// Bytes of long texts that may still be answered.
    answer_left: AtomicUsize,
}

impl<'a> Snapshot<'a> {
    /// Opens one on a connection, for somebody to see.
    pub(crate) async fn begin(connection: &'a mut Connection, viewer: Viewer) -> Result<Self, QueryError> {
        let (client, asking) = connection.parts();
        asking.begins();
        let transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        asking.ends();
        let org_id = viewer.org_id();
        let (log_left, answer_left) = (AtomicUsize::new(LOG_MIB << 20), AtomicUsize::new(LOG_MIB << 20));
        let (of, moment) = (org_id.clone(), String::new());
        let mut snapshot = Self { transaction, asking, org_id: of, moment, log_left, answer_left };
        let rows = snapshot
            .query(
                // From the end of it on a tenant's statements run as a role that is shown one organisation's rows, whatever they ask for.
                // Both settings end with the transaction.
                // Compiling a statement takes PostgreSQL longer than most of ours run. One plan for all values is the wrong one
                // for most: some organisations have a payload, some a million. A bitmap is made whole before the first row,
                // and so is what several processes sort.
                "-- snapshot::begin
                select projection_version, set_config('search_path', 'projection_' || generation_id || ', public', true),
                    set_config('enable_bitmapscan', 'off', true), set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true),
                    set_config('max_parallel_workers_per_gather', '0', true), set_config('plan_cache_mode', 'force_custom_plan', true),
                    set_config('payload_tracker.org_id', coalesce($1, ''), true),
                    case when $1::text is not null then set_config('role', 'payload_tracker_tenant', true) end,
                    concat_ws(' ', generation_id,
                        (select string_agg(next_offset::text, ' ' order by stream_id, shard) from cursors
                            where cursors.generation_id = active_generation.generation_id),
                        generations.horizon_chunks,
                        (select count(*) from horizons where horizons.generation_id = active_generation.generation_id)) as moment
                from active_generation
                join generations on generations.id = generation_id",
                &[&org_id],
            )
            .await?;
        let row = rows.first().ok_or(QueryError::NoGeneration)?;
        snapshot.moment = row.get("moment");
        match row.get("projection_version") {
            PROJECTION_VERSION => Ok(snapshot),
            version => Err(QueryError::ProjectionVersion(version)),
        }
    }

    /// Stands for what this snapshot answers to a question: as long as nothing is folded it stays the same.
    pub(crate) fn tag(&self, asked: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [env!("CARGO_PKG_VERSION"), &self.moment, self.org_id.as_deref().unwrap_or("*"), asked] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// The only organisation whose payloads are to be seen; `None` for all of them.
    pub(super) fn org_id(&self) -> &Option<String> {
        &self.org_id
    }

    /// Whether the log is to be seen: its messages may be of anybody.
    pub(super) fn shows_log(&self) -> bool {
        self.org_id.is_none()
    }

    /// Takes so many bytes of what one request may read of the log, or of what was decoded from it: all of that is in memory at once.
    pub(super) fn take_of_log(&self, bytes: usize) -> Result<(), ApiError> {
        take(&self.log_left, bytes)
    }

    /// Takes so many bytes of what one answer may hold of long texts: each is read once, and copied wherever it is asked for.
    pub(crate) fn take_of_answer(&self, bytes: usize) -> Result<(), ApiError> {
        take(&self.answer_left, bytes)
    }

    /// Runs a statement of this snapshot.
    pub(super) async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, QueryError> {
        self.measured(sql, async {
            let statement = self.transaction.prepare_cached(sql).await?;
            self.transaction.query(&statement, parameters).await
        })
        .await
    }

    /// Runs a statement that won't come again as it is.
    pub(super) async fn query_once(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, QueryError> {
        self.measured(sql, self.transaction.query(sql, parameters)).await
    }

    /// Rows that have come already, as if they were still to be asked for.
    pub(super) fn here(&self, rows: Vec<Row>) -> Rows<'_> {
        Rows::here(&self.asking, rows)
    }

    async fn measured<T>(
        &self,
        sql: &str,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, QueryError> {
        let started_at = Instant::now();
        self.asking.begins();
        let answered = asked.instrument(span(sql)).await;
        self.asking.ends();
        histogram!(metric::DB_SECONDS).record(started_at.elapsed());
        Ok(answered?)
    }

    /// Runs a statement whose rows, of which there are so many at most, are fetched as they are asked for.
    pub(super) async fn rows(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
        most: i64,
    ) -> Result<Rows<'_>, QueryError> {
        let started_at = Instant::now();
        let begun = async {
            self.asking.begins();
            let statement = self.transaction.prepare_cached(sql).await?;
            self.asking.ends();
            Rows::ask(&self.transaction, &self.asking, (&statement, parameters), most).await
        };
        let begun = begun.instrument(span(sql)).await;
        histogram!(metric::DB_SECONDS).record(started_at.elapsed());
        begun
    }
}

/// What is refused isn't read, so it leaves what there was.
fn take(left: &AtomicUsize, bytes: usize) -> Result<(), ApiError> {
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
    taken.map(drop).map_err(|_| ApiError::LogLimit)
}

/// What is traced of a statement: its name, which is its first line.
fn span(sql: &str) -> Span {
    let name = sql.lines().next().unwrap_or_default().trim_start_matches("-- ");
    info_span!("statement", otel.name = name, otel.kind = "client", db.system.name = "postgresql")
}

#[cfg(test)]
mod on_a_server;
