//! Publishes numbered messages all the time, whatever happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::ledger::value;
use crate::topic::Topic;

const BATCH: usize = 1_000;
/// Between batches.
const PAUSE: Duration = Duration::from_millis(700);

pub(super) struct Publisher {
    acknowledged: Arc<AtomicUsize>,
    must_stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Publisher {
    pub(super) fn start(topic: &Topic) -> Self {
        let (acknowledged, must_stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (topic, count, stop) = (topic.clone(), Arc::clone(&acknowledged), Arc::clone(&must_stop));
        #[expect(clippy::disallowed_methods, reason = "it is waited for when it is stopped")]
        let task = tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let first = count.load(Ordering::Relaxed);
                topic.publish((first..first + BATCH).map(|number| Some(value(number))).collect()).await;
                count.store(first + BATCH, Ordering::Relaxed);
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { acknowledged, must_stop, task }
    }

    /// All messages of lower numbers are with the broker.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Stops; gives how many there were.
    pub(super) async fn stop(&mut self) -> usize {
        self.must_stop.store(true, Ordering::Relaxed);
        (&mut self.task).await.unwrap();
        self.acknowledged()
    }
}
