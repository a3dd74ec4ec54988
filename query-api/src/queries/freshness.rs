//! Freshness: how far behind the log the read models are.

use schema::StreamId;

use super::Snapshot;
use crate::error::QueryError;

/// How far the active generation has folded a stream.
#[derive(Clone, Debug)]
pub(crate) struct Freshness {
    pub(crate) stream: StreamId,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) lineage: i32,
    /// The offset after the last event in the log.
    pub(crate) end_offset: i64,
    /// The first offset that isn't folded.
    pub(crate) next_offset: i64,
    pub(crate) lag_events: i64,
    pub(crate) lag_seconds: f64,
}

/// Of every stream.
pub(crate) async fn list(snapshot: &Snapshot<'_>) -> Result<Vec<Freshness>, QueryError> {
    let sql = "-- freshness::list
        select freshness.stream_id, topic, partition, lineage, end_offset, freshness.next_offset, lag_events, lag_seconds
        from freshness
        join streams on streams.id = freshness.stream_id
        where generation_id = (select generation_id from active_generation)
        order by topic, partition, lineage";
    let rows = snapshot.query(sql, &[]).await?;
    let freshness = |row: &tokio_postgres::Row| Freshness {
        stream: row.get("stream_id"),
        topic: row.get("topic"),
        partition: row.get("partition"),
        lineage: row.get("lineage"),
        end_offset: row.get("end_offset"),
        next_offset: row.get("next_offset"),
        lag_events: row.get("lag_events"),
        lag_seconds: row.get("lag_seconds"),
    };
    Ok(rows.iter().map(freshness).collect())
}
