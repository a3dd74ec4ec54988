//! The days that the log holds.

use std::time::Duration;

use chrono::NaiveDate;
use runtime::database::Object;
use schema::{RetiredRange, StreamId};
use tokio_postgres::error::SqlState;

use super::RetainError;

/// How often the log is asked for, two seconds each time, when it is in use.
const DRAIN_ATTEMPTS: u32 = 20;
const DRAIN_PAUSE: Duration = Duration::from_millis(500);

/// A day of the log: one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDay {
    /// The day, UTC.
    pub day: NaiveDate,
    /// How many events it has, as PostgreSQL estimates.
    pub events: i64,
    /// Its size with indexes.
    pub bytes: i64,
}

/// What a day has of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) stream: StreamId,
    /// The first event.
    pub(super) from_offset: i64,
    /// After the last. There may be others between that another day holds.
    pub(super) to_offset: i64,
}

impl EventDay {
    /// Its partition.
    pub(super) fn table(&self) -> String {
        self.day.format("events_%Y%m%d").to_string()
    }
}

/// The days that ended at least this many days ago, by the database's clock, oldest first.
///
/// # Errors
/// When the database can't be asked.
pub async fn list_due(client: &Object, keep_days: u32) -> Result<Vec<EventDay>, RetainError> {
    let rows = client
        .query(
            "-- day::list_due
            select day, coalesce(nullif(reltuples, -1), 0)::bigint as events, pg_total_relation_size(oid) as bytes
            from (
                select oid, reltuples, to_date(right(relname, 8), 'YYYYMMDD') as day
                from pg_class join pg_inherits on inhrelid = oid
                where inhparent = 'events'::regclass and relname ~ '^events_[0-9]{8}$'
            ) as event_day
            where (day + 1)::timestamp at time zone 'UTC' <= now() - make_interval(days => $1)
            order by day",
            &[&i32::try_from(keep_days).unwrap_or(i32::MAX)],
        )
        .await?;
    let day = |row: &tokio_postgres::Row| EventDay {
        day: row.get("day"),
        events: row.get("events"),
        bytes: row.get("bytes"),
    };
    Ok(rows.iter().map(day).collect())
}

/// Moves what the default partition caught into the partitions of its days, however much it is, and gives how many events that were.
///
/// # Errors
/// When the database refuses, or the log is in use each time that it is asked for.
pub async fn drain_default(client: &Object) -> Result<i64, RetainError> {
    let mut attempts = 0..DRAIN_ATTEMPTS;
    loop {
        match client.query_one("select drain_event_default(null) as moved", &[]).await {
            Ok(row) => return Ok(row.get("moved")),
            Err(error) if is_lock(&error) && attempts.next().is_some() => {
                tokio::time::sleep(DRAIN_PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_lock(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// Whether events of later days lie on both sides of a run: then its day isn't the one that it was appended on.
pub(super) async fn is_out_of_order(
    client: &Object,
    day: &EventDay,
    range: &RetiredRange,
) -> Result<bool, RetainError> {
    let row = client
        .query_one(
            "-- day::is_out_of_order
            select exists (
                    select from events
                    where stream_id = $1 and record_offset < $2 and appended_at >= ($4::date + 1)::timestamp at time zone 'UTC')
                and exists (
                    select from events
                    where stream_id = $1 and record_offset >= $3 and appended_at >= ($4::date + 1)::timestamp at time zone 'UTC')
                as is_out_of_order",
            &[&range.stream, &range.from_offset, &range.to_offset, &day.day],
        )
        .await?;
    Ok(row.get("is_out_of_order"))
}

pub(super) async fn list_spans(client: &Object, day: &EventDay) -> Result<Vec<Span>, RetainError> {
    let sql = format!(
        "-- day::list_spans
        select stream_id, min(record_offset) as first_offset, max(record_offset) as last_offset
        from {} group by stream_id order by stream_id",
        day.table()
    );
    let rows = client.query(&sql, &[]).await?;
    let span = |row: &tokio_postgres::Row| Span {
        stream: row.get("stream_id"),
        from_offset: row.get("first_offset"),
        to_offset: row.get::<_, i64>("last_offset") + 1,
    };
    Ok(rows.iter().map(span).collect())
}
