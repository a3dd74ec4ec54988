//! The consumer: runs librdkafka on a thread of its own, for its calls block and its callbacks must be served.
//!
//! The delivery contract: partitions start where PostgreSQL says; batches go to the appender over a bounded channel; when
//! that is full the partitions are paused and polling goes on, so that the group never loses this member for the
//! database's sake. Kafka's offsets are committed after the append, at leisure.

mod begin;
mod commits;
mod context;
mod outbox;
mod policy;

use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use runtime::database::Pool;
use runtime::health::Part;
use schema::StreamId;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::commits::Commits;
use self::context::{Assignment, Context};
pub(crate) use self::outbox::Feedback;
use self::outbox::{Outbox, Room};
use self::policy::Policy;
use crate::collector::{Collector, Limits, Taken};
use crate::{Batch, IngestError, KafkaArgs, Record, metric};

/// How long the channel may be full before the partitions are paused. Pausing throws away what was fetched ahead.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the last batches may take to be appended when stopping.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Between attempts to begin, while the database or the broker is away.
const BEGIN_INTERVAL: Duration = Duration::from_millis(500);
/// How long to wait for a record, and so how long everything else may have to wait.
const POLL_TIMEOUT: Duration = Duration::from_millis(20);
/// Records taken between looks at everything else.
const STRIDE: usize = 512;

/// The thread's state.
pub(crate) struct Consumer {
    consumer: BaseConsumer<Context>,
    topic: String,
    collector: Collector,
    outbox: Outbox,
    pool: Pool,
    runtime: Handle,
    part: Part,
    stop: CancellationToken,
    /// What the group assigned.
    assigned: Vec<i32>,
    /// Streams whose last record turned out to be another one.
    recreated: HashMap<i32, StreamId>,
    /// Nothing is read until the streams' positions have been.
    must_begin: bool,
    /// When that was last tried: not in a tight loop, whatever keeps happening.
    begun_at: Option<Instant>,
    commits: Commits,
    policy: Policy,
}

/// What a consumer is made of.
pub(crate) struct Wiring {
    pub(crate) limits: Limits,
    pub(crate) batches: Sender<Batch>,
    pub(crate) feedback: Receiver<Feedback>,
    pub(crate) pool: Pool,
    pub(crate) part: Part,
    pub(crate) stop: CancellationToken,
}

impl Consumer {
    /// Joins the group. To be called on a runtime, and run on a thread outside of it.
    pub(crate) fn subscribe(kafka: &KafkaArgs, wiring: Wiring) -> Result<Self, KafkaError> {
        let consumer: BaseConsumer<Context> =
            kafka.consumer_config().create_with_context(Context::default())?;
        consumer.subscribe(&[&kafka.topic])?;
        Ok(Self {
            consumer,
            topic: kafka.topic.clone(),
            collector: Collector::new(wiring.limits),
            outbox: Outbox::new(wiring.batches, wiring.feedback, Handle::current()),
            pool: wiring.pool,
            runtime: Handle::current(),
            part: wiring.part,
            stop: wiring.stop,
            assigned: Vec::new(),
            recreated: HashMap::new(),
            must_begin: false,
            begun_at: None,
            commits: Commits::new(),
            policy: Policy::of(kafka),
        })
    }

    /// Reads until the stop, or until the appender is gone.
    pub(crate) fn run(mut self) -> Result<(), IngestError> {
        self.part.not_ready("joining the consumer group");
        while !self.stop.is_cancelled() && !self.outbox.is_gone() {
            self.follow_group();
            self.hear();
            self.begin_when_due()?;
            self.read()?;
            if self.collector.is_due() {
                self.hand_over()?;
            }
            if self.commits.is_due() {
                self.commits.send(&self.consumer, &self.topic);
            }
        }
        self.drain();
        Ok(())
    }

    fn follow_group(&mut self) {
        let Some(assignment) = self.consumer.context().take_change() else { return };
        self.commits.forget();
        self.restart();
        match assignment {
            Assignment::Assigned(partitions) => {
                info!(topic = self.topic, partitions = partitions.len(), "the group assigned partitions");
                self.assigned = partitions;
            }
            Assignment::Revoked => {
                self.assigned.clear();
                self.must_begin = false;
                self.part.not_ready("the group is being rebalanced");
            }
        }
        gauge!(metric::PARTITIONS).set(self.assigned.len() as f64);
    }

    /// Reads nothing more until it is known where the streams stand.
    fn restart(&mut self) {
        self.collector.restart(HashMap::new());
        self.must_begin = true;
    }

    fn hear(&mut self) {
        while let Some(feedback) = self.outbox.hear() {
            self.heard(feedback);
        }
    }

    fn heard(&mut self, feedback: Feedback) {
        match feedback {
            Feedback::Appended(offsets) => self.commits.note(offsets),
            Feedback::Refused => {
                warn!("a stream has moved: reading again where the streams stand");
                self.restart();
            }
            Feedback::Dropped => {}
        }
    }

    /// Once nothing is in flight, for only then is what PostgreSQL says the whole truth.
    fn begin_when_due(&mut self) -> Result<(), IngestError> {
        let is_too_soon = self.begun_at.is_some_and(|begun_at| begun_at.elapsed() < BEGIN_INTERVAL);
        if !self.must_begin || !self.outbox.is_empty() || is_too_soon {
            return Ok(());
        }
        self.begun_at = Some(Instant::now());
        match begin::begin(self) {
            Ok(cursors) => {
                self.must_begin = false;
                self.recreated.clear();
                self.collector.restart(cursors);
                self.part.ready();
                Ok(())
            }
            Err(error) => error.wait_or_fail(&self.part),
        }
    }

    fn read(&mut self) -> Result<(), IngestError> {
        for _ in 0..STRIDE {
            match self.consumer.poll(POLL_TIMEOUT) {
                Some(Ok(message)) => {
                    take(&mut self.collector, &mut self.recreated, &mut self.must_begin, &message);
                }
                Some(Err(error)) => return self.failed(error),
                None => break,
            }
            if self.collector.is_due() {
                break;
            }
        }
        Ok(())
    }

    fn failed(&mut self, error: KafkaError) -> Result<(), IngestError> {
        counter!(metric::CONSUME_ERRORS).increment(1);
        match error {
            // Another member took over our name, or the client gave up for good: nothing more will come.
            KafkaError::MessageConsumptionFatal(_) => return Err(error.into()),
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                warn!(error = %error, "an offset is not to be had: looking again at what the broker has");
                self.restart();
            }
            _ => warn!(error = %error, "the consumer reported an error"),
        }
        if self.assigned.is_empty() {
            self.part.not_ready(error.to_string());
        }
        Ok(())
    }

    /// Hands the batch to the appender. While that is busy the partitions are paused, and the group is served all the same.
    fn hand_over(&mut self) -> Result<(), IngestError> {
        let batch = self.cut();
        let mut is_paused = false;
        while self.outbox.room(PATIENCE) == Room::Full {
            if self.stop.is_cancelled() {
                return Ok(());
            }
            if !is_paused {
                self.set_paused(true);
                is_paused = true;
            }
            self.serve_group()?;
        }
        if is_paused {
            self.set_paused(false);
        }
        self.outbox.send(batch);
        Ok(())
    }

    fn cut(&mut self) -> Batch {
        let mut batch = self.collector.cut();
        for gap in batch.streams.iter_mut().flat_map(|stream| &mut stream.gaps) {
            gap.reason = self.runtime.block_on(self.policy.reason());
        }
        batch
    }

    /// Serves callbacks while paused. A record that is delivered all the same is in order, so it is taken.
    fn serve_group(&mut self) -> Result<(), IngestError> {
        while let Some(event) = self.consumer.poll(Duration::ZERO) {
            match event {
                Ok(message) => take(&mut self.collector, &mut self.recreated, &mut self.must_begin, &message),
                Err(error) => return self.failed(error),
            }
        }
        Ok(())
    }

    fn set_paused(&self, paused: bool) {
        let Ok(assignment) = self.consumer.assignment() else { return };
        let result =
            if paused { self.consumer.pause(&assignment) } else { self.consumer.resume(&assignment) };
        if let Err(error) = result {
            warn!(error = %error, paused, "partitions could not be paused or resumed");
        }
    }

    /// Hands over what was collected, waits for it, and commits once more.
    fn drain(mut self) {
        if !self.must_begin {
            let batch = self.cut();
            if !batch.is_empty() {
                self.outbox.send(batch);
            }
        }
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        while let Some(feedback) = self.outbox.hear_last(deadline) {
            self.heard(feedback);
        }
        self.commits.send(&self.consumer, &self.topic);
    }
}

fn take(
    collector: &mut Collector,
    recreated: &mut HashMap<i32, StreamId>,
    must_begin: &mut bool,
    message: &BorrowedMessage<'_>,
) {
    let partition = message.partition();
    match collector.take(partition, Record::of(message)) {
        Taken::Kept | Taken::Recognised | Taken::Foreign => {}
        Taken::Repeated => counter!(metric::REPEATED).increment(1),
        Taken::Recreated => {
            warn!(
                partition,
                offset = message.offset(),
                "the topic was made again: its last record is another one"
            );
            if let Some(cursor) = collector.cursor(partition) {
                recreated.insert(partition, cursor.tail.stream);
            }
            collector.restart(HashMap::new());
            *must_begin = true;
        }
    }
}
