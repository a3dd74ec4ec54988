//! Beginning to read: what PostgreSQL remembers of each partition, what the broker has of it, and the assignment.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use metrics::counter;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
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
/// What the broker may take of it.
const BROKER_TIMEOUT: Duration = Duration::from_secs(2);
/// One to record, one to find it recorded, and one for another member that comes between.
const ROUNDS: usize = 3;

/// Why reading can't begin yet.
#[derive(Debug, Error)]
pub(super) enum BeginError {
    #[error("where the streams stand can't be read")]
    Database(#[from] AppendError),
    #[error("the broker doesn't say what it has")]
    Broker(#[from] KafkaError),
    #[error("the topic {topic} can't be read: {code}")]
    Topic { topic: String, code: RDKafkaErrorCode },
    #[error("the Kafka consumer failed for good")]
    Fatal(#[source] KafkaError),
    #[error("group, streams or topic change while the streams are being taken over")]
    Unsettled,
}

impl BeginError {
    /// Says so and lets the caller try again later, or fails for good.
    pub(super) fn wait_or_fail(self, part: &Part) -> Result<(), IngestError> {
        if let Self::Database(error) = self {
            // That another member was faster passes, too.
            if error.retry() == Retry::Never && !matches!(error, AppendError::Moved) {
                return Err(error.into());
            }
            return wait(part, &Self::Database(error));
        }
        if let Self::Fatal(error) = self {
            return Err(error.into());
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

/// What reading begins with.
pub(super) struct Begun {
    pub(super) cursors: HashMap<i32, Cursor>,
    /// Partitions are left out whose leader doesn't answer: begin again soon.
    pub(super) is_partial: bool,
}

/// Finds where each assigned partition starts, and takes on the assignment from there.
pub(super) fn begin(consumer: &Consumer) -> Result<Begun, BeginError> {
    let deadline = Instant::now() + TIMEOUT;
    // The next round finds what this one began or moved, whoever was faster.
    for _ in 0..ROUNDS {
        if let Some(begun) = take_over(consumer, deadline)? {
            assign(consumer, &begun.cursors)?;
            return Ok(begun);
        }
    }
    Err(BeginError::Unsettled)
}

/// Where each partition starts, or `None` when something had to be recorded first.
fn take_over(consumer: &Consumer, deadline: Instant) -> Result<Option<Begun>, BeginError> {
    let (pool, name) = (&consumer.pool, &consumer.topic);
    require_topic(consumer, deadline)?;
    hear(consumer)?;
    // Streams that have no id yet were read from the topic that was there before it was made again.
    let id = consumer.consumer.context().topic_id.unchanged();
    // The fence comes first: while another owner goes on appending, what the broker said a moment ago proves nothing.
    let taken = stream::take_over(pool, name, id.as_deref(), &consumer.assigned);
    let stored = on_database(consumer, deadline, taken)?;
    let topic = Topic::look(consumer, deadline)?;
    let is_partial = topic.partitions.len() < consumer.assigned.len();
    let (mut cursors, mut new, mut skipped) = (HashMap::new(), Vec::new(), false);
    for (&partition, &watermarks) in &topic.partitions {
        let stored = stored.iter().find(|stream| stream.partition == partition);
        let is_recreated = stored.is_some_and(|stored| {
            topic.is_other_than(stored) || consumer.recreated.get(&partition) == Some(&stored.id)
        });
        match (decide(stored, watermarks, is_recreated), stored) {
            (Start::Continue(cursor), _) => drop(cursors.insert(partition, cursor)),
            (Start::Begin { lineage, first_offset }, _) => {
                let previous_epoch = stored.map_or(0, |stored| stored.owner_epoch);
                new.push(NewStream { partition, lineage, first_offset, previous_epoch });
            }
            (Start::Skip { to_offset }, Some(stored)) => {
                on_database(consumer, deadline, stream::skip(pool, stored, to_offset))?;
                skipped = true;
            }
            (Start::Skip { .. }, None) => unreachable!("only a stream that is known can be skipped ahead"),
        }
    }
    if !new.is_empty() {
        on_database(consumer, deadline, stream::insert(pool, name, topic.id.as_deref(), &new))?;
        announce(name, &new);
    }
    Ok((new.is_empty() && !skipped).then_some(Begun { cursors, is_partial }))
}

/// Asks for the topic. That also has the client hear what its id is: until it reads the topic it knows none, or what it was.
fn require_topic(consumer: &Consumer, deadline: Instant) -> Result<(), BeginError> {
    let timeout = remaining(deadline).min(BROKER_TIMEOUT);
    let metadata = consumer.consumer.fetch_metadata(Some(&consumer.topic), timeout)?;
    let error = metadata.topics().first().and_then(MetadataTopic::error).map(RDKafkaErrorCode::from);
    match error {
        Some(code) => Err(BeginError::Topic { topic: consumer.topic.clone(), code }),
        None => Ok(()),
    }
}

/// Serves what the client has to tell, its log above all. There are no records in it, for nothing is assigned.
fn hear(consumer: &Consumer) -> Result<(), BeginError> {
    while let Some(event) = consumer.consumer.poll(Duration::ZERO) {
        if let Err(error @ KafkaError::MessageConsumptionFatal(_)) = event {
            return Err(BeginError::Fatal(error));
        }
    }
    if consumer.consumer.context().has_change() { Err(BeginError::Unsettled) } else { Ok(()) }
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
            hear(consumer)?;
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

/// Asks for all partitions at once, so that a leader that doesn't answer holds up its own only.
fn fetch_watermarks(consumer: &Consumer, deadline: Instant) -> Result<HashMap<i32, Watermarks>, KafkaError> {
    let (client, topic) = (&consumer.consumer, &consumer.topic);
    let fetch =
        |partition| client.fetch_watermarks(topic, partition, remaining(deadline).min(BROKER_TIMEOUT));
    let answers: Vec<(i32, KafkaResult<(i64, i64)>)> = std::thread::scope(|scope| {
        let ask = |&partition: &i32| (partition, scope.spawn(move || fetch(partition)));
        let asked: Vec<_> = consumer.assigned.iter().map(ask).collect();
        asked
            .into_iter()
            .map(|(partition, answer)| (partition, answer.join().expect("it doesn't panic")))
            .collect()
    });
    let mut partitions = HashMap::new();
    let mut failed = None;
    for (partition, answer) in answers {
        match answer {
            Ok((low, high)) => drop(partitions.insert(partition, Watermarks { low, high })),
            Err(error) => failed = Some((partition, error)),
        }
    }
    match failed {
        Some((_, error)) if partitions.is_empty() => Err(error),
        Some((partition, error)) => {
            warn!(partition, error = %error, "a partition's leader doesn't answer: beginning without it for now");
            Ok(partitions)
        }
        None => Ok(partitions),
    }
}

fn on_database<T>(
    consumer: &Consumer,
    deadline: Instant,
    query: impl Future<Output = Result<T, AppendError>>,
) -> Result<T, AppendError> {
    // Within the runtime, whose timers it needs.
    let limited = async { timeout(remaining(deadline), query).await.unwrap_or(Err(AppendError::Timeout)) };
    consumer.runtime.block_on(limited)
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
