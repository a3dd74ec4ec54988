//! Tails: where a stream stands.

use schema::{Stream, StreamId};

use crate::chain::Chain;

/// Where a stream stands, and who may move it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The stream.
    pub stream: StreamId,
    /// The partition it is an incarnation of.
    pub partition: i32,
    /// The owner that read it. Once there is a later one, nothing can be appended from here.
    pub owner_epoch: i64,
    /// The offset that is expected next.
    pub next_offset: i64,
    /// The chain of all before it.
    pub chain: Chain,
}

impl Tail {
    /// As the database has it.
    pub fn of(stream: &Stream) -> Self {
        let Stream { topic, partition, lineage, head, event_count, .. } = stream;
        Self {
            stream: stream.id,
            partition: *partition,
            owner_epoch: stream.owner_epoch,
            next_offset: stream.next_offset,
            chain: Chain::of(topic, *partition, *lineage, *head, *event_count),
        }
    }
}
