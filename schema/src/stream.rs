//! Streams: one incarnation of one topic partition each.

use std::fmt;

use postgres_types::{FromSql, ToSql};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use crate::Head;

/// The key of a stream.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToSql, FromSql, Serialize, Deserialize,
)]
#[postgres(transparent)]
#[serde(transparent)]
pub struct StreamId(pub i32);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A row of `streams`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its key.
    pub id: StreamId,
    /// The topic it is an incarnation of.
    pub topic: String,
    /// The partition of the topic.
    pub partition: i32,
    /// The id that Kafka gave the topic, where it gives one.
    pub topic_id: Option<String>,
    /// Counts the incarnations, from 0.
    pub lineage: i32,
    /// The first offset it was read from.
    pub first_offset: i64,
    /// The offset after the last appended record.
    pub next_offset: i64,
    /// The digest of the record at `next_offset - 1`, once there is one.
    pub last_record_hash: Option<Vec<u8>>,
    /// Counts its owners: an append of an earlier one is refused.
    pub owner_epoch: i64,
    /// The chain covers the events from here on.
    pub chain_offset: i64,
    /// How many events the chain has.
    pub event_count: i64,
    /// The chain's head.
    pub head: Head,
}

impl Stream {
    /// Reads a row that holds all columns of `streams` by name.
    pub fn from_row(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            topic: row.get("topic"),
            partition: row.get("partition"),
            topic_id: row.get("topic_id"),
            lineage: row.get("lineage"),
            first_offset: row.get("first_offset"),
            next_offset: row.get("next_offset"),
            last_record_hash: row.get("last_record_hash"),
            owner_epoch: row.get("owner_epoch"),
            chain_offset: row.get("chain_offset"),
            event_count: row.get("event_count"),
            head: row.get("head"),
        }
    }
}
