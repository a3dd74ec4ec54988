//! The ring: the last of what was read, for those who are a little behind.

use std::collections::VecDeque;
use std::sync::Arc;

use super::batch::Batch;
use crate::queries::folded::Vector;

/// Bytes of what is kept, about. Who needs what came before reads it again.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Batches by number, the latest of them.
pub(super) struct Ring {
    /// Up to where was read; nothing while nobody follows.
    place: Option<Vector>,
    batches: VecDeque<Arc<Batch>>,
    /// The number of the first that is kept.
    first: u64,
    bytes: usize,
    news: usize,
    /// So many news are kept: who is behind by more isn't told them anyway.
    most: usize,
}

/// What is known of a batch.
pub(super) enum Found {
    Batch(Arc<Batch>),
    /// It isn't there yet.
    ToCome,
    /// It isn't there any more.
    Gone,
}

impl Ring {
    pub(super) fn of(most: usize) -> Self {
        Self { place: None, batches: VecDeque::new(), first: 0, bytes: 0, news: 0, most }
    }

    pub(super) fn place(&self) -> Option<&Vector> {
        self.place.as_ref()
    }

    /// Where to read from.
    pub(super) fn begin(&mut self, place: Vector) {
        self.place = Some(place);
    }

    pub(super) fn push(&mut self, batch: Batch) {
        self.place = Some(batch.until.clone());
        self.bytes += batch.bytes();
        self.news += batch.news.len();
        self.batches.push_back(Arc::new(batch));
        while (self.bytes > MOST_BYTES || self.news > self.most) && self.batches.len() > 1 {
            self.drop_first();
        }
    }

    /// Forgets everything, since nobody follows.
    pub(super) fn rest(&mut self) {
        self.place = None;
        while !self.batches.is_empty() {
            self.drop_first();
        }
    }

    pub(super) fn get(&self, number: u64) -> Found {
        match number.checked_sub(self.first).map(usize::try_from) {
            Some(Ok(index)) => self.batches.get(index).cloned().map_or(Found::ToCome, Found::Batch),
            Some(Err(_)) => Found::ToCome,
            None => Found::Gone,
        }
    }

    /// The number of the batch to come.
    pub(super) fn next(&self) -> u64 {
        self.first + self.batches.len() as u64
    }

    /// From which batch on there is everything that comes after a place, if there is.
    pub(super) fn number_after(&self, place: &Vector) -> Option<u64> {
        if place.reaches(self.place.as_ref()?) {
            return Some(self.next());
        }
        let index = self.batches.iter().rposition(|batch| place.reaches(&batch.before))?;
        // What comes after it goes on where it ends, unless it was jumped there.
        let mut pairs = self.batches.range(index..).zip(self.batches.range(index + 1..));
        let is_whole = pairs.all(|(one, next)| one.until == next.before);
        is_whole.then_some(self.first + index as u64)
    }

    fn drop_first(&mut self) {
        if let Some(batch) = self.batches.pop_front() {
            self.bytes -= batch.bytes();
            self.news -= batch.news.len();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::{GenerationId, StreamId};

    use super::*;

    fn at(offset: i64) -> Vector {
        Vector { generation: GenerationId(1), offsets: [(StreamId(1), offset)].into() }
    }

    fn ring() -> Ring {
        let mut ring = Ring::of(1_000);
        ring.begin(at(0));
        for offset in 0..3 {
            ring.push(Batch::new(at(offset), Vec::new(), at(offset + 1)));
        }
        ring
    }

    #[test]
    fn whoever_knows_a_place_goes_on_with_the_first_batch_that_has_something_new() {
        let ring = ring();
        for (place, number) in [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3)] {
            assert_eq!(ring.number_after(&at(place)), Some(number), "{place}");
        }
        assert_eq!(ring.number_after(&at(-1)), None, "that was before");
        let elsewhere = Vector { generation: GenerationId(2), ..at(3) };
        assert_eq!(ring.number_after(&elsewhere), None);
    }

    #[test]
    fn what_is_gone_is_told_from_what_is_to_come() {
        let mut ring = ring();
        assert!(matches!(ring.get(2), Found::Batch(batch) if batch.until == at(3)));
        assert!(matches!(ring.get(3), Found::ToCome));
        ring.rest();
        assert!(matches!(ring.get(2), Found::Gone) && matches!(ring.get(3), Found::ToCome));
        assert!(ring.place().is_none() && ring.number_after(&at(3)).is_none());
    }

    #[test]
    fn no_more_is_kept_than_has_room() {
        let mut ring = ring();
        let most = MOST_BYTES / Batch::jump(at(0)).bytes();
        for offset in 3..most as i64 + 10 {
            ring.push(Batch::new(at(offset), Vec::new(), at(offset + 1)));
        }
        assert!(ring.bytes <= MOST_BYTES && ring.batches.len() <= most);
        assert_eq!(ring.number_after(&at(0)), None);
    }

    #[test]
    fn who_is_from_before_a_jump_is_not_led_over_it() {
        let mut ring = ring();
        ring.push(Batch::jump(at(100)));
        ring.push(Batch::new(at(100), Vec::new(), at(101)));
        assert_eq!(ring.number_after(&at(2)), None);
        assert_eq!(ring.number_after(&at(100)), Some(4));
    }
}
