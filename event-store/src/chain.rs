//! The chain: one running head a stream, over everything that was appended to it.
//!
//! `docs/log.md` gives the bytes, so that others can compute it too. It depends on the records alone, never on how they were cut
//! into batches.

use schema::Head;

use crate::Record;

/// What separates our keys from those of any other use of BLAKE3.
const CONTEXT: &str = "payload-tracker 2026-11 event log stream chain";

/// The first 8 bytes of a head, kept in each event's row: they show where a chain breaks.
pub(crate) type Mark = [u8; 8];

/// The chain of one stream at some offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    key: [u8; 32],
    head: Head,
    event_count: i64,
}

impl Chain {
    /// The chain of this stream, from a head on that covers this many events.
    pub fn of(topic: &str, partition: i32, lineage: i32, head: Head, event_count: i64) -> Self {
        let identity = [&partition.to_le_bytes()[..], &lineage.to_le_bytes()[..], topic.as_bytes()].concat();
        Self { key: blake3::derive_key(CONTEXT, &identity), head, event_count }
    }

    /// Its head.
    pub fn head(&self) -> Head {
        self.head
    }

    /// How many events the head covers.
    pub fn event_count(&self) -> i64 {
        self.event_count
    }

    /// The same stream's chain at another place.
    #[must_use]
    pub(crate) fn at(&self, head: Head) -> Self {
        Self { head, ..self.clone() }
    }

    /// Adds the next record.
    pub fn push(&mut self, record: &Record) {
        self.push_digest(&record.digest());
    }

    pub(crate) fn push_digest(&mut self, digest: &[u8; 32]) {
        let mut link = blake3::Hasher::new_keyed(&self.key);
        link.update(&self.head.0).update(digest);
        self.head = Head(*link.finalize().as_bytes());
        self.event_count += 1;
    }

    /// What goes with the record that was added last.
    pub(crate) fn mark(&self) -> Mark {
        *self.head.0.first_chunk().expect("a head is longer than a mark")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: i64) -> Record {
        Record { offset, value: Some(vec![7]), ..Record::default() }
    }

    fn head_of(topic: &str, partition: i32, lineage: i32, offsets: &[i64]) -> Head {
        let mut chain = Chain::of(topic, partition, lineage, Head::default(), 0);
        offsets.iter().for_each(|&offset| chain.push(&record(offset)));
        chain.head()
    }

    #[test]
    fn a_head_tells_every_stream_every_record_and_every_order_apart() {
        let heads = [
            head_of("t", 0, 0, &[]),
            head_of("t", 0, 0, &[1]),
            head_of("t", 0, 0, &[1, 2]),
            head_of("t", 0, 0, &[2, 1]),
            head_of("t", 0, 1, &[1, 2]),
            head_of("t", 1, 0, &[1, 2]),
            head_of("u", 0, 0, &[1, 2]),
        ];
        let distinct: std::collections::HashSet<_> = heads.iter().collect();
        assert_eq!(distinct.len(), heads.len());
    }

    /// The value was computed from the description in `docs/log.md` by another implementation (the `blake3` package of Python).
    #[test]
    fn the_head_is_the_one_that_the_document_describes() {
        let mut chain = Chain::of("platform.payload-status", 3, 0, Head::default(), 0);
        chain.push(&Record {
            offset: 41,
            timestamp_ms: Some(1_770_000_000_123),
            key: None,
            value: Some(b"{}".to_vec()),
            header_names: Some(vec![b"a".to_vec()]),
            header_values: Some(vec![None]),
        });
        assert_eq!(
            chain.head().to_string(),
            "a94a7a7972d0b1adcf97d90e67620ef2027cc74ddddef116dcf44f60e4c5ce02"
        );
    }
}
