//! Batches: what one append transaction writes.

use schema::{GapReason, Head, OffsetGap, Seal, StreamId};

use crate::chain::{Chain, Mark};
use crate::seal::SEAL_EVENTS;
use crate::{Record, Tail};

/// Records of any number of streams, to be appended together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Which start of the consumer it was read after. Batches of a start that was refused are dropped unseen.
    pub(crate) session: u64,
    /// By stream, what to append. Never without records.
    pub streams: Vec<StreamBatch>,
}

/// Consecutive records of one stream.
#[derive(Clone, Debug)]
pub struct StreamBatch {
    pub(crate) stream: StreamId,
    pub(crate) partition: i32,
    pub(crate) owner_epoch: i64,
    /// Where the stream must stand for the batch to follow.
    pub(crate) from_offset: i64,
    pub(crate) from_head: Head,
    /// In the order of their offsets.
    pub(crate) records: Vec<Record>,
    /// What the chain leaves in each of their rows.
    pub(crate) marks: Vec<Mark>,
    /// The heads on the way that are to be written down.
    pub(crate) seals: Vec<Seal>,
    /// The offsets that the broker stepped over.
    pub(crate) gaps: Vec<OffsetGap>,
    /// Where the stream stands afterwards.
    pub(crate) to_offset: i64,
    pub(crate) chain: Chain,
    pub(crate) last_digest: [u8; 32],
}

impl Batch {
    /// The number of records.
    pub fn len(&self) -> usize {
        self.streams.iter().map(|stream| stream.records.len()).sum()
    }

    /// Whether there is nothing to append.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }
}

impl StreamBatch {
    /// Nothing yet, from where a stream stands.
    pub fn from(tail: &Tail) -> Self {
        Self {
            stream: tail.stream,
            partition: tail.partition,
            owner_epoch: tail.owner_epoch,
            from_offset: tail.next_offset,
            from_head: tail.chain.head(),
            records: Vec::new(),
            marks: Vec::new(),
            seals: Vec::new(),
            gaps: Vec::new(),
            to_offset: tail.next_offset,
            chain: tail.chain.clone(),
            last_digest: [0; 32],
        }
    }

    /// Adds a record, at the stream's next offset or later.
    pub fn push(&mut self, record: Record) {
        if record.offset > self.to_offset {
            let (from_offset, to_offset) = (self.to_offset, record.offset);
            // Why, only the broker can tell.
            let reason = GapReason::Unknown;
            self.gaps.push(OffsetGap { stream: self.stream, from_offset, to_offset, reason });
        }
        self.to_offset = record.offset + 1;
        self.last_digest = record.digest();
        self.chain.push_digest(&self.last_digest);
        self.marks.push(self.chain.mark());
        if self.chain.event_count() % SEAL_EVENTS == 0 {
            self.seals.push(Seal {
                stream: self.stream,
                next_offset: self.to_offset,
                event_count: self.chain.event_count(),
                head: self.chain.head(),
            });
        }
        self.records.push(record);
    }

    /// Where the stream stands after it.
    pub fn end(&self) -> Tail {
        Tail {
            stream: self.stream,
            partition: self.partition,
            owner_epoch: self.owner_epoch,
            next_offset: self.to_offset,
            chain: self.chain.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(from_offset: i64, offsets: impl IntoIterator<Item = i64>) -> StreamBatch {
        let chain = Chain::of("t", 0, 0, Head::default(), 0);
        let tail =
            Tail { stream: StreamId(1), partition: 0, owner_epoch: 1, next_offset: from_offset, chain };
        let mut batch = StreamBatch::from(&tail);
        offsets.into_iter().for_each(|offset| batch.push(Record { offset, ..Record::default() }));
        batch
    }

    #[test]
    fn every_offset_that_was_stepped_over_is_in_a_gap() {
        let gaps = batch(3, [5, 6, 9]).gaps;
        let gaps: Vec<_> = gaps.iter().map(|gap| (gap.from_offset, gap.to_offset)).collect();
        assert_eq!(gaps, [(3, 5), (7, 9)]);
    }

    #[test]
    fn consecutive_records_have_no_gap_and_move_the_stream_past_the_last() {
        let batch = batch(3, [3, 4, 5]);
        assert_eq!((batch.gaps.len(), batch.to_offset), (0, 6));
    }

    #[test]
    fn a_long_batch_is_sealed_on_the_way() {
        let sealed: Vec<_> = batch(0, 0..2_500).seals.iter().map(|seal| seal.next_offset).collect();
        assert_eq!(sealed, [1_000, 2_000]);
    }

    #[test]
    fn the_chain_does_not_depend_on_how_records_were_cut_into_batches() {
        let whole = batch(0, 0..30);
        let first = batch(0, 0..11);
        let mut second = StreamBatch::from(&first.end());
        (11..30).for_each(|offset| second.push(Record { offset, ..Record::default() }));
        assert_eq!(second.chain, whole.chain);
    }
}
