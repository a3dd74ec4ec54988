//! The way to the appender: batches go out over a bounded channel, and word comes back of each.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use crate::Batch;

/// Where a partition stands after an append.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    pub(crate) partition: i32,
    pub(crate) next_offset: i64,
    /// The timestamp of the last record.
    pub(crate) timestamp_ms: Option<i64>,
}

/// What the appender says of a batch.
#[derive(Debug)]
pub(crate) enum Feedback {
    /// It is appended.
    Appended(Vec<Appended>),
    /// A stream had moved: where the streams stand must be read again.
    Refused,
    /// It was read before a refusal that is known already.
    Dropped,
}

/// Whether the appender takes a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Free,
    Full,
    /// It has ended.
    Gone,
}

/// The consumer's end of the way.
#[derive(Debug)]
pub(super) struct Outbox {
    /// `None` once nothing more is to follow.
    batches: Option<Sender<Batch>>,
    feedback: Receiver<Feedback>,
    in_flight: usize,
    runtime: Handle,
}

impl Outbox {
    pub(super) fn new(batches: Sender<Batch>, feedback: Receiver<Feedback>, runtime: Handle) -> Self {
        Self { batches: Some(batches), feedback, in_flight: 0, runtime }
    }

    /// Whether the appender has ended.
    pub(super) fn is_gone(&self) -> bool {
        self.batches.as_ref().is_none_or(Sender::is_closed)
    }

    /// Whether the appender has answered for every batch.
    pub(super) fn is_empty(&self) -> bool {
        self.in_flight == 0
    }

    /// Waits a while for room. There is only one who fills it, so it stays.
    pub(super) fn room(&self, patience: Duration) -> Room {
        let Some(batches) = &self.batches else { return Room::Gone };
        match self.runtime.block_on(async { timeout(patience, batches.reserve()).await }) {
            Ok(Ok(_)) => Room::Free,
            Ok(Err(_)) => Room::Gone,
            Err(_) => Room::Full,
        }
    }

    /// Sends a batch, if there is room.
    pub(super) fn send(&mut self, batch: Batch) {
        if self.batches.as_ref().is_some_and(|batches| batches.try_send(batch).is_ok()) {
            self.in_flight += 1;
        }
    }

    /// What the appender said meanwhile.
    pub(super) fn hear(&mut self) -> Option<Feedback> {
        let feedback = self.feedback.try_recv().ok()?;
        self.in_flight -= 1;
        Some(feedback)
    }

    /// Tells the appender that nothing follows.
    pub(super) fn close(&mut self) {
        self.batches = None;
    }

    /// Tells the appender that nothing follows, and waits for what it says until the deadline.
    pub(super) fn hear_last(&mut self, deadline: Instant) -> Option<Feedback> {
        self.close();
        if self.is_empty() {
            return None;
        }
        let feedback = self.feedback.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
        self.in_flight -= 1;
        Some(feedback)
    }
}
