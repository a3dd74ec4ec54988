//! Batches: what one append transaction writes.

use schema::{OffsetGap, StreamId};

use crate::Record;

/// Records of any number of streams, to be appended together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Which start of the consumer it was read after. Batches of a start that was refused are dropped unseen.
    pub(crate) session: u64,
    /// By stream, what to append.
    pub streams: Vec<StreamBatch>,
}

/// Consecutive records of one stream.
#[derive(Clone, Debug)]
pub struct StreamBatch {
    /// The stream.
    pub stream: StreamId,
    /// The partition it is an incarnation of.
    pub partition: i32,
    /// The stream's `next_offset` before.
    pub from_offset: i64,
    /// The records, in the order of their offsets, all at `from_offset` or later. Never empty.
    pub records: Vec<Record>,
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
    /// The stream's `next_offset` afterwards.
    pub fn to_offset(&self) -> i64 {
        self.last().offset + 1
    }

    /// The last record, which the next start recognises the stream by.
    pub fn last(&self) -> &Record {
        self.records.last().expect("a stream is in a batch because it has records")
    }

    /// The offsets between `from_offset` and the last record that the broker stepped over.
    pub fn gaps(&self) -> impl Iterator<Item = OffsetGap> {
        let mut expected = self.from_offset;
        self.records.iter().filter_map(move |record| {
            let from_offset = std::mem::replace(&mut expected, record.offset + 1);
            let gap = OffsetGap { stream: self.stream, from_offset, to_offset: record.offset };
            (record.offset > from_offset).then_some(gap)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(from_offset: i64, offsets: &[i64]) -> StreamBatch {
        let records = offsets.iter().map(|offset| Record { offset: *offset, ..Record::default() }).collect();
        StreamBatch { stream: StreamId(1), partition: 0, from_offset, records }
    }

    #[test]
    fn every_offset_that_was_stepped_over_is_in_a_gap() {
        let gaps: Vec<_> = batch(3, &[5, 6, 9]).gaps().map(|gap| (gap.from_offset, gap.to_offset)).collect();
        assert_eq!(gaps, [(3, 5), (7, 9)]);
    }

    #[test]
    fn consecutive_records_have_no_gap_and_move_the_stream_past_the_last() {
        let batch = batch(3, &[3, 4, 5]);
        assert_eq!(batch.gaps().count(), 0);
        assert_eq!(batch.to_offset(), 6);
    }
}
