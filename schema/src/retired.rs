//! Retired ranges: what is left of events that retention took.

use chrono::NaiveDate;
use tokio_postgres::Row;

use crate::{Head, StreamId};

/// A row of `retired_ranges`: a run of events of one stream that a retired day held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredRange {
    /// The stream.
    pub stream: StreamId,
    /// The offset of the first event of the run.
    pub from_offset: i64,
    /// The offset after the last one.
    pub to_offset: i64,
    /// The day that held it.
    pub day: NaiveDate,
    /// How many events the chain had before the run.
    pub events_before: i64,
    /// How many events it had. Fewer than offsets, where there are gaps in it.
    pub event_count: i64,
    /// The chain's head before the run.
    pub head_before: Head,
    /// The chain's head after it.
    pub head_after: Head,
}

impl RetiredRange {
    /// Whether an event of this offset was in the run, if there was one.
    pub fn covers(&self, offset: i64) -> bool {
        (self.from_offset..self.to_offset).contains(&offset)
    }

    /// Whether what a stream was when its next offset was this one can't be told any more.
    pub fn hides(&self, next_offset: i64) -> bool {
        self.from_offset < next_offset && next_offset < self.to_offset
    }

    /// Reads a row that holds these columns of `retired_ranges` by name.
    pub fn from_row(row: &Row) -> Self {
        Self {
            stream: row.get("stream_id"),
            from_offset: row.get("from_offset"),
            to_offset: row.get("to_offset"),
            day: row.get("day"),
            events_before: row.get("events_before"),
            event_count: row.get("event_count"),
            head_before: row.get("head_before"),
            head_after: row.get("head_after"),
        }
    }
}
