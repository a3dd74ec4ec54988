//! Where a partition starts: what PostgreSQL remembers against what the broker has.

use schema::Stream;

use crate::Tail;

/// The offsets that a partition holds: `[low, high)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watermarks {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// What to do with a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Begin a stream of this lineage at the earliest offset.
    Begin { lineage: i32, first_offset: i64 },
    /// Retention overtook us: what lies before this offset is gone, and that has to be recorded first.
    Skip { to_offset: i64 },
    /// Read on.
    Continue(Cursor),
}

/// How far a partition has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Where the stream stands once what was read is appended.
    pub(crate) tail: Tail,
    /// The digest of the record at `next_offset - 1`, to be compared when the broker hands that record out once more.
    pub(crate) last_record_hash: Option<Vec<u8>>,
    /// Where to read from.
    pub(crate) read_from: i64,
}

/// Decides for one partition. `is_recreated`: the topic's id is another one now, or the record before `next_offset` is.
pub(crate) fn decide(stored: Option<&Stream>, watermarks: Watermarks, is_recreated: bool) -> Start {
    let Some(stored) = stored else {
        return Start::Begin { lineage: 0, first_offset: watermarks.low };
    };
    // A topic that ends before what we have appended, or has something else there, was made again.
    if is_recreated || watermarks.high < stored.next_offset {
        return Start::Begin { lineage: stored.lineage + 1, first_offset: watermarks.low };
    }
    if stored.next_offset < watermarks.low {
        return Start::Skip { to_offset: watermarks.low };
    }
    let last_offset = stored.next_offset - 1;
    let can_verify = stored.last_record_hash.is_some() && watermarks.low <= last_offset;
    Start::Continue(Cursor {
        tail: Tail::of(stored),
        last_record_hash: stored.last_record_hash.clone().filter(|_| can_verify),
        read_from: if can_verify { last_offset } else { stored.next_offset },
    })
}

#[cfg(test)]
mod tests {
    use schema::{Head, StreamId};

    use super::*;

    fn stored(next_offset: i64) -> Stream {
        Stream {
            id: StreamId(9),
            topic: "t".to_owned(),
            partition: 0,
            topic_id: None,
            lineage: 2,
            first_offset: 0,
            next_offset,
            last_record_hash: (next_offset > 0).then(|| vec![1]),
            owner_epoch: 3,
            chain_offset: 0,
            event_count: 0,
            head: Head::default(),
        }
    }

    fn read_from(start: &Start) -> i64 {
        match start {
            Start::Continue(cursor) => cursor.read_from,
            Start::Begin { .. } | Start::Skip { .. } => panic!("{start:?}"),
        }
    }

    #[test]
    fn a_partition_never_seen_begins_at_the_earliest_offset() {
        let start = decide(None, Watermarks { low: 40, high: 90 }, false);
        assert_eq!(start, Start::Begin { lineage: 0, first_offset: 40 });
    }

    #[test]
    fn a_known_partition_reads_its_last_record_again_to_recognise_it() {
        let start = decide(Some(&stored(50)), Watermarks { low: 40, high: 90 }, false);
        assert_eq!(read_from(&start), 49);
    }

    #[test]
    fn a_partition_that_ends_before_what_was_appended_is_a_new_lineage() {
        let start = decide(Some(&stored(50)), Watermarks { low: 0, high: 49 }, false);
        assert_eq!(start, Start::Begin { lineage: 3, first_offset: 0 });
    }

    #[test]
    fn a_partition_whose_last_record_differs_is_a_new_lineage() {
        let start = decide(Some(&stored(50)), Watermarks { low: 10, high: 90 }, true);
        assert_eq!(start, Start::Begin { lineage: 3, first_offset: 10 });
    }

    #[test]
    fn a_partition_that_retention_emptied_past_us_is_skipped_to_the_earliest_offset() {
        let start = decide(Some(&stored(50)), Watermarks { low: 60, high: 90 }, false);
        assert_eq!(start, Start::Skip { to_offset: 60 });
    }

    #[test]
    fn a_partition_of_which_only_the_last_record_expired_reads_on() {
        let start = decide(Some(&stored(50)), Watermarks { low: 50, high: 50 }, false);
        assert_eq!(read_from(&start), 50);
    }

    #[test]
    fn a_partition_that_is_still_empty_waits_at_its_first_offset() {
        let start = decide(Some(&stored(0)), Watermarks { low: 0, high: 0 }, false);
        assert_eq!(read_from(&start), 0);
    }
}
