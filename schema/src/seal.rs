//! Seals: heads that were written down.

use tokio_postgres::Row;

use crate::{Head, StreamId};

/// A row of `seals`: what a stream's head was when its next offset was this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The stream.
    pub stream: StreamId,
    /// The offset after the last event that the head covers.
    pub next_offset: i64,
    /// How many events it covers.
    pub event_count: i64,
    /// The head.
    pub head: Head,
}

impl Seal {
    /// Reads a row that holds `stream_id`, `next_offset`, `event_count` and `head`.
    pub fn from_row(row: &Row) -> Self {
        Self {
            stream: row.get("stream_id"),
            next_offset: row.get("next_offset"),
            event_count: row.get("event_count"),
            head: row.get("head"),
        }
    }
}
