//! The messages: the generated workload, published at once or at a steady pace.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use workload::{Message, Workload, WorkloadConfig};

use crate::publisher::{Publisher, Sent};

/// The first messages of the workload: always the same.
pub(crate) fn messages(count: usize) -> impl Iterator<Item = Message> {
    Workload::new(WorkloadConfig::default()).take(count)
}

/// Publishes them as fast as the broker takes them. They are made on the way, so that millions take no memory.
pub(crate) async fn publish(brokers: String, topic: String, count: usize) -> Result<()> {
    blocking(move || {
        let publisher = Publisher::in_bulk(&brokers, &topic)?;
        messages(count).try_for_each(|message| publisher.send(&message))?;
        let delivered = publisher.finish()?.count;
        ensure!(delivered == count, "only {delivered} of {count} messages were delivered");
        Ok(())
    })
    .await
}

/// Publishes them at a steady pace, each at once, and says when each was and where it is.
pub(crate) async fn pace(brokers: String, topic: String, count: usize, per_second: u32) -> Result<Vec<Sent>> {
    blocking(move || {
        let publisher = Publisher::one_by_one(&brokers, &topic)?;
        let interval = Duration::from_secs(1) / per_second;
        let mut due = Instant::now();
        for message in messages(count) {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            publisher.send(&message)?;
            due += interval;
        }
        let sent = publisher.finish()?.sent;
        ensure!(sent.len() == count, "only {} of {count} messages were delivered", sent.len());
        Ok(sent)
    })
    .await
}

/// Everything here blocks.
async fn blocking<T: Send + 'static>(publish: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(publish).await?
}
