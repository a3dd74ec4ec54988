//! Events as the projector reads them.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use crate::Position;

/// What the projector reads of a row of `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// A name for people and for the APIs; no order hangs on it.
    pub id: i64,
    /// Its identity.
    pub position: Position,
    /// When it was appended.
    pub appended_at: DateTime<Utc>,
    /// The raw value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
}

impl Event {
    /// Reads a row that holds `id`, `stream_id`, `record_offset`, `appended_at` and `value`.
    pub fn from_row(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            position: Position { stream: row.get("stream_id"), offset: row.get("record_offset") },
            appended_at: row.get("appended_at"),
            value: row.get("value"),
        }
    }
}
