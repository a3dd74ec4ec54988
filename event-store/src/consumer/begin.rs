//! Beginning to read: what PostgreSQL remembers of each partition, what the broker has of it, and the assignment.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use metrics::counter;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use runtime::health::Part;
use runtime::retry::{Classified as _, Retry, chain};
use schema::Stream;
use thiserror::Error;
use tokio::time::timeout;
use tracing::{info, warn};

use super::Consumer;
use crate::start::{Cursor, Start, Watermarks, decide};
use crate::stream::NewStream;
use crate::{AppendError, IngestError, metric, stream};

/// What all of it may take: keeps the gap between polls short, whatever is away.
const TIMEOUT: Duration = Duration::from_secs(4);
/// One to record, one to find it recorded, and one for another member that comes between.
const ROUNDS: usize = 3;

/// Why reading can't begin yet.
#[derive(Debug, Error)]
pub(super) enum BeginError {
    #[error("where the streams stand can't be read")]
    Database(#[from] AppendError),
    #[error("the broker doesn't say what it has")]
    Broker(#[from] KafkaError),
    #[error("streams or topic change while the streams are being taken over")]
    Unsettled,
}

impl BeginError {
    /// Says so and lets the caller try again later, or fails for good.
    pub(super) fn wait_or_fail(self, part: &Part) -> Result<(), IngestError> {
        if let Self::Database(error) = self {
            if error.retry() == Retry::Never {
                return Err(error.into());
            }
            return wait(part, &Self::Database(error));
        }
        wait(part, &self)
    }
}

fn wait(part: &Part, error: &BeginError) -> Result<(), IngestError> {
    let error = chain(error);
    warn!(error, "can't begin to read yet, trying again");
    part.not_ready(error);
    Ok(())
}

/// Finds where each assigned partition starts, and takes on the assignment from there.
pub(super) fn begin(consumer: &Consumer) -> Result<HashMap<i32, Cursor>, BeginError> {
    let deadline = Instant::now() + TIMEOUT;
    let topic = Topic::look(consumer, deadline)?;
    // The next round finds what this one began or moved, whoever was faster.
    for _ in 0..ROUNDS {
        if let Some(cursors) = take_over(consumer, &topic, deadline)? {
            assign(consumer, &cursors)?;
            return Ok(cursors);
        }
    }
    Err(BeginError::Unsettled)
}

/// What the broker has.
struct Topic {
    id: Option<String>,
    partitions: HashMap<i32, Watermarks>,
}

impl Topic {
    /// Asks the broker, until all of the answer is about one and the same topic.
    fn look(consumer: &Consumer, deadline: Instant) -> Result<Self, BeginError> {
        let topic_id = &consumer.consumer.context().topic_id;
        let mut id = topic_id.begin();
        for _ in 0..ROUNDS {
            let partitions = fetch_watermarks(consumer, deadline)?;
            let before = std::mem::replace(&mut id, topic_id.begin());
            if before == id {
                return Ok(Self { id, partitions });
            }
        }
        Err(BeginError::Unsettled)
    }

    /// Whether it isn't the topic that a stream was read from.
    fn is_other_than(&self, stored: &Stream) -> bool {
        self.id.is_some() && stored.topic_id.is_some() && self.id != stored.topic_id
    }
}

/// Where each partition starts, or `None` when something had to be recorded first.
fn take_over(
    consumer: &Consumer,
    topic: &Topic,
    deadline: Instant,
) -> Result<Option<HashMap<i32, Cursor>>, BeginError> {
    let (pool, name, id) = (&consumer.pool, &consumer.topic, topic.id.as_deref());
    let stored = on_database(consumer, deadline, stream::take_over(pool, name, id, &consumer.assigned))?;
    let (mut cursors, mut new, mut skipped) = (HashMap::new(), Vec::new(), false);
    for (&partition, &watermarks) in &topic.partitions {
        let stored = stored.iter().find(|stream| stream.partition == partition);
        let is_recreated = stored.is_some_and(|stored| {
            topic.is_other_than(stored) || consumer.recreated.get(&partition) == Some(&stored.id)
        });
        match (decide(stored, watermarks, is_recreated), stored) {
            (Start::Continue(cursor), _) => drop(cursors.insert(partition, cursor)),
            (Start::Begin { lineage, first_offset }, _) => {
                new.push(NewStream { partition, lineage, first_offset });
            }
            (Start::Skip { to_offset }, Some(stored)) => {
                on_database(consumer, deadline, stream::skip(pool, stored, to_offset))?;
                skipped = true;
            }
            (Start::Skip { .. }, None) => unreachable!("only a stream that is known can be skipped ahead"),
        }
    }
    if !new.is_empty() {
        on_database(consumer, deadline, stream::insert(pool, name, id, &new))?;
        announce(name, &new);
    }
    Ok((new.is_empty() && !skipped).then_some(cursors))
}

fn fetch_watermarks(consumer: &Consumer, deadline: Instant) -> Result<HashMap<i32, Watermarks>, KafkaError> {
    let fetch = |&partition: &i32| {
        let (low, high) =
            consumer.consumer.fetch_watermarks(&consumer.topic, partition, remaining(deadline))?;
        Ok((partition, Watermarks { low, high }))
    };
    consumer.assigned.iter().map(fetch).collect()
}

fn on_database<T>(
    consumer: &Consumer,
    deadline: Instant,
    query: impl Future<Output = Result<T, AppendError>>,
) -> Result<T, AppendError> {
    let limited = timeout(remaining(deadline), query);
    consumer.runtime.block_on(async { limited.await.unwrap_or(Err(AppendError::Timeout)) })
}

/// Never nothing: that would mean for ever to some.
fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(50))
}

fn announce(topic: &str, new: &[NewStream]) {
    let again = new.iter().filter(|stream| stream.lineage > 0).count();
    if again > 0 {
        warn!(topic, partitions = again, "the topic was made again: its partitions start a new lineage");
        counter!(metric::LINEAGES).increment(again as u64);
    }
    info!(topic, partitions = new.len(), "new streams begin at the earliest offset");
}

fn assign(consumer: &Consumer, cursors: &HashMap<i32, Cursor>) -> Result<(), KafkaError> {
    let mut list = TopicPartitionList::new();
    for (&partition, cursor) in cursors {
        list.add_partition_offset(&consumer.topic, partition, Offset::Offset(cursor.read_from))?;
    }
    consumer.consumer.assign(&list)?;
    // A partition that was paused when the group took it away would still be.
    consumer.consumer.resume(&list)
}
