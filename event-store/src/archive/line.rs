//! The lines of an archive: a header, then runs of events, each with what the chain came to, then the end.

use chrono::{DateTime, NaiveDate, Utc};
use schema::{GapReason, Head, OffsetGap, Seal, StreamId};
use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use crate::Record;
use crate::verify::ChainedRecord;

/// The version of the format that this build writes, and the only one so far.
pub(super) const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first.
    Archive(Header),
    /// A run of one stream begins.
    Run(RunStart),
    /// The broker skipped offsets, here or just before the run.
    Gap(GapLine),
    /// An event of the run.
    Event(Box<EventLine>),
    /// The head was written down here.
    Seal(SealLine),
    /// The run is over.
    RunEnd(RunEnd),
    /// The last: without it, the file was cut off.
    End {
        /// How many runs there were.
        runs: u64,
        /// How many events there were in them.
        events: u64,
    },
}

/// What the file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Says so.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// The day of append (UTC) of all its events.
    pub day: NaiveDate,
    /// Where the format is described.
    pub about: String,
}

/// Consecutive events of one stream, and where its chain stood before them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The id that the stream had.
    pub stream_id: StreamId,
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its lineage.
    pub lineage: i32,
    /// The offset of the first event.
    pub from_offset: i64,
    /// Where the stream's chain starts. Events before are in no chain.
    pub chain_offset: i64,
    /// How many events the chain had before.
    pub events_before: i64,
    /// Its head before.
    pub head_before: Head,
}

impl RunStart {
    /// Whether its events are in the chain. A run lies on one side of the chain's start.
    pub fn is_chained(&self) -> bool {
        self.from_offset >= self.chain_offset
    }
}

/// Where a run ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// The offset after the last event.
    pub to_offset: i64,
    /// How many events there were.
    pub event_count: i64,
    /// The head after the last.
    pub head_after: Head,
}

/// A row of `offset_gaps`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapLine {
    /// The first missing offset.
    pub from_offset: i64,
    /// The first that is there again.
    pub to_offset: i64,
    /// Why.
    pub reason: GapReason,
}

/// A row of `seals`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealLine {
    /// The offset after the last event that the head covers.
    pub next_offset: i64,
    /// How many events it covers.
    pub event_count: i64,
    /// The head.
    pub head: Head,
}

/// An event: a Kafka record, and the tracker's own names for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// The name for people.
    pub id: i64,
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, milliseconds since the epoch.
    pub timestamp_ms: Option<i64>,
    /// When it was appended.
    pub appended_at: DateTime<Utc>,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; `null` is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers, name and value, in order.
    pub headers: Option<Vec<(Bytes, Option<Bytes>)>>,
}

impl From<ChainedRecord> for EventLine {
    fn from(event: ChainedRecord) -> Self {
        let Record { offset, timestamp_ms, key, value, header_names, header_values } = event.record;
        let headers = header_names.zip(header_values).map(|(names, values)| {
            let values = values.into_iter().map(|value| value.map(Bytes));
            names.into_iter().map(Bytes).zip(values).collect()
        });
        let (id, appended_at) = (event.id, event.appended_at);
        Self { id, offset, timestamp_ms, appended_at, key: key.map(Bytes), value: value.map(Bytes), headers }
    }
}

impl EventLine {
    /// The record as the broker delivered it.
    pub fn into_record(self) -> Record {
        let bytes = |bytes: Option<Bytes>| bytes.map(|bytes| bytes.0);
        let (header_names, header_values) = self
            .headers
            .map(|headers| headers.into_iter().map(|(name, value)| (name.0, bytes(value))).unzip())
            .unzip();
        Record {
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: bytes(self.key),
            value: bytes(self.value),
            header_names,
            header_values,
        }
    }
}

impl From<&OffsetGap> for GapLine {
    fn from(gap: &OffsetGap) -> Self {
        Self { from_offset: gap.from_offset, to_offset: gap.to_offset, reason: gap.reason }
    }
}

impl GapLine {
    /// As a row of this stream.
    pub fn of(&self, stream: StreamId) -> OffsetGap {
        let Self { from_offset, to_offset, reason } = *self;
        OffsetGap { stream, from_offset, to_offset, reason }
    }
}

impl From<&Seal> for SealLine {
    fn from(seal: &Seal) -> Self {
        Self { next_offset: seal.next_offset, event_count: seal.event_count, head: seal.head }
    }
}
