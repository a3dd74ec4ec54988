//! The collector: checks what the broker delivers against where each stream stands, and cuts batches out of it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::batch::{Batch, StreamBatch};
use crate::record::Record;
use crate::start::Cursor;

/// When a batch is full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
    pub(crate) linger: Duration,
}

/// What became of a delivered record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is in the batch.
    Kept,
    /// It is the record before the cursor, and the same as ever.
    Recognised,
    /// Its offset was read before; a broker that goes back is not followed.
    Repeated,
    /// The record before the cursor is another one now: the topic was made again.
    Recreated,
    /// Its partition isn't ours (any more).
    Foreign,
}

/// The streams being read, and the batch being filled.
#[derive(Debug)]
pub(crate) struct Collector {
    limits: Limits,
    session: u64,
    cursors: HashMap<i32, Cursor>,
    open: HashMap<i32, StreamBatch>,
    open_records: usize,
    open_bytes: usize,
    opened_at: Option<Instant>,
}

impl Collector {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            session: 0,
            cursors: HashMap::new(),
            open: HashMap::new(),
            open_records: 0,
            open_bytes: 0,
            opened_at: None,
        }
    }

    /// Starts afresh from these cursors, by partition. What was collected and not cut is read again.
    pub(crate) fn restart(&mut self, cursors: HashMap<i32, Cursor>) {
        self.session += 1;
        self.cursors = cursors;
        self.clear();
    }

    /// The cursor of a partition that is being read.
    pub(crate) fn cursor(&self, partition: i32) -> Option<&Cursor> {
        self.cursors.get(&partition)
    }

    /// Takes what the broker delivered.
    pub(crate) fn take(&mut self, partition: i32, record: Record) -> Taken {
        let Some(cursor) = self.cursors.get_mut(&partition) else { return Taken::Foreign };
        if record.offset < cursor.tail.next_offset {
            return match &cursor.last_record_hash {
                Some(hash) if record.offset == cursor.tail.next_offset - 1 => {
                    let is_same = hash[..] == record.digest();
                    cursor.last_record_hash = None;
                    if is_same { Taken::Recognised } else { Taken::Recreated }
                }
                _ => Taken::Repeated,
            };
        }
        let batch = self.open.entry(partition).or_insert_with(|| StreamBatch::from(&cursor.tail));
        cursor.tail.next_offset = record.offset + 1;
        self.open_records += 1;
        self.open_bytes += record.size();
        self.opened_at.get_or_insert_with(Instant::now);
        batch.push(record);
        Taken::Kept
    }

    /// Whether nothing waits to be cut.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the batch can take no more.
    pub(crate) fn is_full(&self) -> bool {
        self.open_records >= self.limits.records || self.open_bytes >= self.limits.bytes
    }

    /// Whether the batch is full, or its first record has waited long enough.
    pub(crate) fn is_due(&self) -> bool {
        self.is_full() || self.opened_at.is_some_and(|opened_at| opened_at.elapsed() >= self.limits.linger)
    }

    /// The batch so far; the next starts where it ends.
    pub(crate) fn cut(&mut self) -> Batch {
        let mut streams: Vec<StreamBatch> = std::mem::take(&mut self.open).into_values().collect();
        // Every writer locks the streams' rows in the same order.
        streams.sort_by_key(|stream| stream.stream);
        for batch in &streams {
            if let Some(cursor) = self.cursors.get_mut(&batch.partition) {
                cursor.tail = batch.end();
            }
        }
        self.clear();
        Batch { session: self.session, streams }
    }

    fn clear(&mut self) {
        self.open.clear();
        self.open_records = 0;
        self.open_bytes = 0;
        self.opened_at = None;
    }
}

#[cfg(test)]
mod tests {
    use schema::{Head, StreamId};

    use super::*;
    use crate::{Chain, Tail};

    fn record(offset: i64, value: &str) -> Record {
        Record { offset, value: Some(value.as_bytes().to_vec()), ..Record::default() }
    }

    fn collector(last: Option<&Record>, next_offset: i64) -> Collector {
        let limits = Limits { records: 3, bytes: 1_000, linger: Duration::from_secs(60) };
        let mut collector = Collector::new(limits);
        let last_record_hash = last.map(|record| record.digest().to_vec());
        let chain = Chain::of("t", 0, 0, Head::default(), 0);
        let tail = Tail { stream: StreamId(5), partition: 0, owner_epoch: 1, next_offset, chain };
        let cursor = Cursor { tail, last_record_hash, read_from: 0 };
        collector.restart(HashMap::from([(0, cursor)]));
        collector
    }

    #[test]
    fn the_record_before_the_cursor_is_recognised_and_not_appended_again() {
        let last = record(6, "same");
        let mut collector = collector(Some(&last), 7);
        assert_eq!(collector.take(0, last), Taken::Recognised);
        assert!(collector.cut().is_empty());
    }

    #[test]
    fn another_record_in_its_place_shows_that_the_topic_was_made_again() {
        let mut collector = collector(Some(&record(6, "one")), 7);
        assert_eq!(collector.take(0, record(6, "other")), Taken::Recreated);
    }

    #[test]
    fn a_broker_that_goes_back_is_not_followed() {
        let mut collector = collector(None, 7);
        collector.take(0, record(7, "a"));
        assert_eq!(collector.take(0, record(7, "a")), Taken::Repeated);
        assert_eq!(collector.take(0, record(3, "a")), Taken::Repeated);
        assert_eq!(collector.cut().streams[0].to_offset, 8);
    }

    #[test]
    fn batches_follow_one_another_without_a_seam() {
        let mut collector = collector(None, 0);
        for offset in 0..3 {
            collector.take(0, record(offset, "a"));
        }
        assert!(collector.is_full());
        assert_eq!(collector.cut().streams[0].to_offset, 3);
        assert_eq!(collector.cursor(0).unwrap().tail.chain.event_count(), 3);
        let head = collector.cursor(0).unwrap().tail.chain.head();
        collector.take(0, record(3, "b"));
        let next = &collector.cut().streams[0];
        assert_eq!((next.from_offset, next.from_head), (3, head));
    }

    #[test]
    fn a_batch_is_full_by_its_bytes_too() {
        let mut collector = collector(None, 0);
        collector.take(0, record(0, &"x".repeat(1_000)));
        assert!(collector.is_full());
    }

    #[test]
    fn a_record_of_a_partition_that_went_away_is_not_ours() {
        assert_eq!(collector(None, 0).take(1, record(0, "a")), Taken::Foreign);
    }
}
