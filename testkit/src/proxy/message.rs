//! The messages of PostgreSQL's protocol (manual, chapter "Frontend/Backend Protocol"), and what step of an append they are.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

/// Bytes, cut into messages.
#[derive(Debug)]
pub(super) struct Messages {
    pub(super) direction: Direction,
    bytes: Vec<u8>,
    /// The first message of a client has no type.
    is_typed: bool,
}

impl Messages {
    pub(super) fn new(direction: Direction) -> Self {
        Self { direction, bytes: Vec::new(), is_typed: direction == Direction::ToClient }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let start = usize::from(self.is_typed);
        let length = u32::from_be_bytes(*self.bytes.get(start..)?.first_chunk()?) as usize + start;
        if self.bytes.len() < length {
            return None;
        }
        self.is_typed = true;
        let rest = self.bytes.split_off(length);
        Some(std::mem::replace(&mut self.bytes, rest))
    }
}

/// What passes over one connection, both ways.
#[derive(Debug, Default)]
pub(super) struct Passage {
    has_copied: AtomicBool,
}

impl Passage {
    /// The step of an append that a message is about to complete. Commits of transactions that copied nothing are no appends.
    pub(super) fn step(&self, direction: Direction, message: &[u8]) -> Option<Step> {
        let text = message.get(5..).unwrap_or_default();
        match (direction, message.first()?) {
            (Direction::ToServer, b'd') => Some(Step::AmidCopy),
            (Direction::ToClient, b'C') if text.starts_with(b"COPY ") => {
                self.has_copied.store(true, Ordering::Relaxed);
                Some(Step::AfterInsert)
            }
            (Direction::ToServer, b'Q') if text.eq_ignore_ascii_case(b"COMMIT\0") => {
                self.has_copied.load(Ordering::Relaxed).then_some(Step::BeforeCommit)
            }
            (Direction::ToClient, b'C') if text.starts_with(b"COMMIT") => {
                self.has_copied.swap(false, Ordering::Relaxed).then_some(Step::AfterCommit)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_where_they_end_however_they_come() {
        let stream = [&[0, 0, 0, 8, 0, 3, 0, 0][..], b"Q\0\0\0\x0bCOMMIT\0", b"X\0\0\0\x04"].concat();
        let mut messages = Messages::new(Direction::ToServer);
        let mut cut = Vec::new();
        for byte in stream {
            messages.push(&[byte]);
            cut.extend(messages.next());
        }
        assert_eq!(cut, [&[0, 0, 0, 8, 0, 3, 0, 0][..], b"Q\0\0\0\x0bCOMMIT\0", b"X\0\0\0\x04"]);
    }

    #[test]
    fn only_the_commit_of_a_copy_is_an_append() {
        let passage = Passage::default();
        let (commit, committed) = (b"Q\0\0\0\x0bCOMMIT\0", b"C\0\0\0\x0bCOMMIT\0");
        assert_eq!(passage.step(Direction::ToServer, commit), None);
        assert_eq!(passage.step(Direction::ToClient, b"C\0\0\0\x0bCOPY 3\0"), Some(Step::AfterInsert));
        assert_eq!(passage.step(Direction::ToServer, commit), Some(Step::BeforeCommit));
        assert_eq!(passage.step(Direction::ToClient, committed), Some(Step::AfterCommit));
        assert_eq!(passage.step(Direction::ToClient, committed), None);
    }
}
