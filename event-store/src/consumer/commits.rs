//! What Kafka is told of our progress: for dashboards only, and never ahead of PostgreSQL.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};
use tracing::warn;

use super::context::Context;
use super::outbox::Appended;

const INTERVAL: Duration = Duration::from_secs(1);

/// Offsets that were appended since the last commit, by partition.
#[derive(Debug)]
pub(super) struct Commits {
    appended: HashMap<i32, i64>,
    sent_at: Instant,
}

impl Commits {
    pub(super) fn new() -> Self {
        Self { appended: HashMap::new(), sent_at: Instant::now() }
    }

    /// Notes what was appended.
    pub(super) fn note(&mut self, appended: &[Appended]) {
        self.appended.extend(appended.iter().map(|appended| (appended.partition, appended.next_offset)));
    }

    /// Forgets what isn't this member's to commit any more.
    pub(super) fn forget(&mut self) {
        self.appended.clear();
    }

    /// Whether it is time to commit again.
    pub(super) fn is_due(&self) -> bool {
        self.sent_at.elapsed() >= INTERVAL
    }

    /// Commits, without waiting for the answer: with the broker away that could take minutes.
    pub(super) fn send(&mut self, consumer: &BaseConsumer<Context>, topic: &str) {
        self.sent_at = Instant::now();
        let mut offsets = TopicPartitionList::new();
        for (partition, next_offset) in self.appended.drain() {
            // Refused only for an offset that is negative, which none is.
            let _ = offsets.add_partition_offset(topic, partition, Offset::Offset(next_offset));
        }
        if offsets.count() > 0
            && let Err(error) = consumer.commit(&offsets, CommitMode::Async)
        {
            warn!(error = %error, "offsets could not be committed to Kafka");
        }
    }
}
