//! Findings: where the log isn't what it should be.

use std::fmt;

use chrono::NaiveDate;
use schema::{Head, Stream, StreamId};
use serde::Serialize;

/// One place where the log isn't what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The topic of the stream.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its lineage.
    pub lineage: i32,
    /// What is wrong.
    #[serde(flatten)]
    pub what: What,
}

/// What is wrong with a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum What {
    /// An event isn't what was appended.
    Changed {
        /// Its offset.
        offset: i64,
    },
    /// Two events are in each other's place.
    Swapped {
        /// The offset of the first.
        offset: i64,
        /// The offset of the one that belongs there.
        with_offset: i64,
    },
    /// Events that were appended are gone, or never were, and no gap says why.
    Missing {
        /// The first missing offset.
        from_offset: i64,
        /// The first offset that is there again.
        to_offset: i64,
    },
    /// An event that wasn't appended: where there is a gap, a second time, or beyond either end of the stream.
    Added {
        /// Its offset.
        offset: i64,
    },
    /// Events and what is recorded of their chain don't lead from one head to the next. Either end may be the forged one.
    Broken {
        /// The offset of the last head that agrees with what comes before it.
        from_offset: i64,
        /// Where the next head is recorded.
        to_offset: i64,
        /// What records it.
        witness: Witness,
        /// The head it records.
        recorded: Head,
        /// What the events come to.
        computed: Head,
    },
    /// A head is recorded beyond the end of the stream: events were cut off.
    Truncated {
        /// Where the stream ends.
        end_offset: i64,
        /// Where the head is recorded.
        recorded_offset: i64,
        /// What records it.
        witness: Witness,
    },
    /// The seal that the chain starts from isn't there, or isn't empty.
    NoStart {
        /// Where the chain starts.
        offset: i64,
    },
    /// What records how many events there were and how many there are don't agree.
    Miscounted {
        /// Where it is recorded.
        offset: i64,
        /// What records it.
        witness: Witness,
        /// How many it records.
        recorded: i64,
        /// How many there are.
        counted: i64,
    },
    /// A seal that was written with its event is gone.
    Unsealed {
        /// The next offset after that event.
        offset: i64,
    },
    /// The stream's digest of its last event is another.
    LastDigest {
        /// The offset of the event.
        offset: i64,
    },
    /// An event lies in an earlier day than those before it: it was moved there, or the clock went back.
    OutOfOrder {
        /// Its offset.
        offset: i64,
    },
    /// A gap reaches beyond its stream or into another gap.
    Gap {
        /// The first missing offset.
        from_offset: i64,
        /// The first that is there again.
        to_offset: i64,
    },
    /// A day that is recorded as retired holds events of the stream.
    NotRetired {
        /// The day.
        day: NaiveDate,
    },
    /// The chain starts after the stream, or from a head, for no reason that there is.
    StartsLate {
        /// Where the stream starts.
        first_offset: i64,
        /// Where its chain starts.
        chain_offset: i64,
    },
    /// There are events, but no consumer ever took the stream over.
    NeverTaken,
    /// An event from before the chain's start was in the chain once.
    Unchained {
        /// Its offset.
        offset: i64,
    },
    /// The stream started elsewhere when its head was exported.
    FirstOffset {
        /// Where it starts.
        first_offset: i64,
        /// Where it started.
        exported_offset: i64,
    },
    /// There is no such stream, but there are later lineages of its partition.
    NoStream,
    /// There was such a stream when the heads were exported; there is none any more, or it starts later now.
    Gone,
    /// There are events of a stream that there is no row of.
    Unknown {
        /// The id in those events.
        stream_id: i32,
    },
}

/// Who says what a head was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// A row of `seals`.
    Seal,
    /// A row of `retired_ranges`.
    RetiredRange,
    /// The row of the stream itself.
    Stream,
    /// A file that was kept elsewhere.
    Export,
}

impl Finding {
    pub(crate) fn of(stream: &Stream, what: What) -> Self {
        let Stream { topic, partition, lineage, .. } = stream;
        Self { topic: topic.clone(), partition: *partition, lineage: *lineage, what }
    }

    /// Events of a stream that there is no row of.
    pub(super) fn unknown(id: StreamId) -> Self {
        Self { topic: String::new(), partition: 0, lineage: 0, what: What::Unknown { stream_id: id.0 } }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let What::Unknown { .. } = self.what {
            return self.what.fmt(f);
        }
        write!(f, "{} partition {} lineage {}: {}", self.topic, self.partition, self.lineage, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { offset } => write!(f, "offset {offset} is not what was appended: changed"),
            Self::Swapped { offset, with_offset } => {
                write!(f, "offset {offset} holds another event: swapped with offset {with_offset}")
            }
            Self::Missing { from_offset, to_offset } => {
                let last = to_offset - 1;
                write!(f, "offsets {from_offset} to {last} are missing, and no gap says why")
            }
            Self::Added { offset } => write!(f, "offset {offset} was added: nothing was appended there"),
            Self::Broken { from_offset, to_offset, witness, recorded, computed } => write!(
                f,
                "between offsets {from_offset} and {to_offset} the chain is broken: the events come to {computed}, but \
                 {witness} says {recorded}: either was rewritten"
            ),
            Self::Truncated { end_offset, recorded_offset, witness } => write!(
                f,
                "the stream ends at offset {end_offset}, but {witness} knows it up to {recorded_offset}: truncated"
            ),
            Self::NoStart { offset } => {
                write!(f, "the seal that the chain starts from, at offset {offset}, is gone or changed")
            }
            Self::Miscounted { offset, witness, recorded, counted } => write!(
                f,
                "there are {counted} events before offset {offset}, but {witness} says {recorded}: changed"
            ),
            Self::Unsealed { offset } => write!(f, "the seal at offset {offset} is gone"),
            Self::LastDigest { offset } => {
                write!(
                    f,
                    "the stream's own row has another digest of its last event, offset {offset}: changed"
                )
            }
            Self::OutOfOrder { offset } => write!(
                f,
                "offset {offset} lies in an earlier day than offsets before it: moved there, or the clock went back"
            ),
            Self::Gap { from_offset, to_offset } => write!(
                f,
                "the gap from offset {from_offset} to {to_offset} reaches beyond the stream or into another gap: forged"
            ),
            Self::NotRetired { day } => write!(
                f,
                "{day} is recorded as retired but holds events: forged, or the clock went back by days (then retire it again)"
            ),
            Self::StartsLate { first_offset, chain_offset } => write!(
                f,
                "the chain starts at offset {chain_offset}, not with the stream at {first_offset} and from nothing: restarted"
            ),
            Self::NeverTaken => f.write_str(
                "there are events, but no consumer ever took the stream over: archives were replayed (then say --replayed), or changed",
            ),
            Self::Unchained { offset } => {
                write!(f, "offset {offset} was in the chain, which starts only later now: restarted")
            }
            Self::FirstOffset { first_offset, exported_offset } => write!(
                f,
                "the stream starts at offset {first_offset}, but at {exported_offset} when its head was exported: changed"
            ),
            Self::NoStream => {
                write!(f, "there is no such stream, though there are later ones of its partition")
            }
            Self::Gone => write!(f, "heads of this stream were exported, but it is gone or starts later now"),
            Self::Unknown { stream_id } => {
                write!(f, "there are events of stream {stream_id}, which does not exist: added")
            }
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seal => "the seal there",
            Self::RetiredRange => "the record of a retired day",
            Self::Stream => "the stream's own row",
            Self::Export => "the exported head",
        })
    }
}
