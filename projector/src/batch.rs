//! Batches: events with their meaning, dealt out to the shards.

use schema::{Event, Quarantined, RequestId, Status, StreamId};

use crate::Generation;
use crate::shard::Shard;
use projection::decode_event;

/// What a batch of events became, as far as it is one shard's.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) shard: Shard,
    /// By stream, where the batch starts and ends.
    pub(crate) moves: Vec<Move>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) quarantined: Vec<Quarantined>,
}

/// A stretch of a stream that is folded at once: `[from_offset, to_offset)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) stream: StreamId,
    pub(crate) from_offset: i64,
    pub(crate) to_offset: i64,
}

impl Batch {
    /// A batch that moves a shard and holds nothing yet.
    pub(crate) fn empty(shard: Shard, moves: Vec<Move>) -> Self {
        Self { shard, moves, statuses: Vec::new(), quarantined: Vec::new() }
    }

    /// Whether an event at this place is for this batch: the shard may be ahead of the others.
    fn covers(&self, stream: StreamId, offset: i64) -> bool {
        let covers = |one: &Move| one.stream == stream && (one.from_offset..one.to_offset).contains(&offset);
        self.moves.iter().any(covers)
    }
}

/// Decodes events and deals them out to `batches`, one of each shard, in their order. What belongs to no request is the first
/// shard's.
pub(crate) fn deal(events: Vec<Event>, generation: &Generation, batches: &mut [Batch]) {
    let shard = |request_id: Option<&RequestId>| {
        let shard = request_id.map_or(Shard(0), |id| Shard::of(id, generation.shard_count));
        usize::try_from(shard.0).expect("shards are numbered from 0")
    };
    for event in events {
        let (stream, offset) = (event.position.stream, event.position.offset);
        match decode_event(&event, generation.request_id_rule) {
            Ok(status) => {
                let batch = &mut batches[shard(Some(&status.request_id))];
                if batch.covers(stream, offset) {
                    batch.statuses.push(status);
                }
            }
            Err(quarantined) => {
                let batch = &mut batches[shard(None)];
                if batch.covers(stream, offset) {
                    batch.quarantined.push(quarantined);
                }
            }
        }
    }
}
