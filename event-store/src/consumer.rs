//! The consumer: runs librdkafka on a thread of its own, for its calls block and its callbacks must be served.
//!
//! The delivery contract: partitions start where PostgreSQL says; batches go to the appender over a bounded channel; when
//! that is full the partitions are paused and polling goes on, so that the group never loses this member for the
//! database's sake. Kafka's offsets are committed after the append, at leisure.

mod begin;
mod commits;
mod context;
mod lag;
mod outbox;
mod policy;
mod read;
mod setback;
mod topic_id;
mod trouble;

use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use runtime::database::Pool;
use runtime::health::Part;
use runtime::retry::chain;
use schema::StreamId;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::commits::Commits;
use self::context::{Assignment, Context};
use self::lag::Lag;
use self::outbox::Outbox;
pub(crate) use self::outbox::{Appended, Feedback};
use self::policy::Policy;
use self::setback::Setbacks;
use crate::collector::{Collector, Limits};
use crate::{Batch, IngestError, KafkaArgs, metric};

/// How long the last batches may take to be appended when stopping.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// When a partition was left out because its leader didn't answer, after this it is asked again.
const PARTIAL_INTERVAL: Duration = Duration::from_secs(10);
/// Between attempts to begin, while the database or the broker is away.
const BEGIN_INTERVAL: Duration = Duration::from_millis(500);
/// The same while a partition can't be read on, so that others can in between.
const SETBACK_INTERVAL: Duration = Duration::from_secs(5);

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
    /// What is read now can't be trusted: append what was read before, and begin again.
    must_leave: bool,
    /// When beginning was last tried: not in a tight loop, whatever keeps happening.
    begun_at: Option<Instant>,
    /// Partitions were left out whose leader doesn't answer.
    is_partial: bool,
    setbacks: Setbacks,
    polled_at: Instant,
    commits: Commits,
    lag: Lag,
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
    pub(crate) fn subscribe(kafka: &KafkaArgs, wiring: Wiring) -> Result<Self, IngestError> {
        let consumer: BaseConsumer<Context> =
            kafka.consumer_config()?.create_with_context(Context::default())?;
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
            must_leave: false,
            begun_at: None,
            is_partial: false,
            setbacks: Setbacks::default(),
            polled_at: Instant::now(),
            commits: Commits::new(),
            lag: Lag::default(),
            policy: Policy::of(kafka)?,
        })
    }

    /// Reads until the stop, or until the appender is gone; then has what was read appended.
    pub(crate) fn run(&mut self) -> Result<(), IngestError> {
        let result = self.read_on();
        match &result {
            Ok(()) => self.drain(),
            Err(error) => {
                self.part.not_ready(chain(error));
                self.outbox.close();
            }
        }
        result
    }

    fn read_on(&mut self) -> Result<(), IngestError> {
        self.part.not_ready("joining the consumer group");
        while !self.stop.is_cancelled() && !self.outbox.is_gone() {
            self.follow_group();
            self.hear();
            self.begin_when_due()?;
            self.read()?;
            if self.has_to_leave() && !self.must_begin {
                self.leave()?;
            }
            if self.collector.is_due() {
                self.hand_over()?;
            }
            self.tell_lag();
            if self.commits.is_due() {
                self.commits.send(&self.consumer, &self.topic);
            }
        }
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
        counter!(metric::REBALANCES).increment(1);
        gauge!(metric::PARTITIONS).set(self.assigned.len() as f64);
    }

    /// Whether nothing more of what comes may be taken until reading has begun again.
    fn has_to_leave(&self) -> bool {
        self.must_leave || self.consumer.context().topic_id.has_changed()
    }

    /// Begins again. What was collected is appended first, for it may be to be had nowhere else: the topic may be gone.
    fn leave(&mut self) -> Result<(), IngestError> {
        if !self.collector.is_empty() {
            self.hand_over()?;
        }
        self.restart();
        Ok(())
    }

    /// Reads nothing more until it is known where the streams stand.
    fn restart(&mut self) {
        self.collector.restart(HashMap::new());
        self.must_begin = true;
        self.must_leave = false;
        // Or the client would go on fetching what is thrown away.
        if let Err(error) = self.consumer.assign(&TopicPartitionList::new()) {
            warn!(error = %error, "reading could not be stopped");
        }
    }

    fn hear(&mut self) {
        while let Some(feedback) = self.outbox.hear() {
            self.heard(feedback);
        }
    }

    fn heard(&mut self, feedback: Feedback) {
        match feedback {
            Feedback::Appended(appended) => {
                self.commits.note(&appended);
                self.lag.note(&appended);
            }
            Feedback::Refused => {
                warn!("a stream has moved: reading again where the streams stand");
                if !self.assigned.is_empty() {
                    self.restart();
                }
            }
            Feedback::Dropped => {}
        }
    }

    /// Once nothing is in flight, for only then is what PostgreSQL says the whole truth.
    fn begin_when_due(&mut self) -> Result<(), IngestError> {
        let has_passed =
            |interval| self.begun_at.is_none_or(|begun_at: Instant| begun_at.elapsed() >= interval);
        if self.is_partial && !self.must_begin && has_passed(PARTIAL_INTERVAL) {
            self.must_leave = true;
        }
        let is_too_soon = match self.setbacks.lasting() {
            Some(_) => !has_passed(SETBACK_INTERVAL),
            None => !has_passed(BEGIN_INTERVAL),
        };
        if !self.must_begin || !self.outbox.is_empty() || is_too_soon {
            return Ok(());
        }
        self.begun_at = Some(Instant::now());
        match begin::begin(self) {
            Ok(begin::Begun { cursors, is_partial }) => {
                self.must_begin = false;
                self.is_partial = is_partial;
                self.recreated.clear();
                let next_offsets =
                    cursors.iter().map(|(partition, cursor)| (*partition, cursor.tail.next_offset));
                self.lag.restart(&self.assigned, next_offsets);
                self.collector.restart(cursors);
                self.tell_readiness();
                Ok(())
            }
            Err(error) => error.wait_or_fail(&self.part),
        }
    }

    /// Tells how far behind we are, and whether the broker is there at all, once there is something new to tell.
    fn tell_lag(&mut self) {
        let Some(reading) = self.consumer.context().readings.take() else { return };
        self.lag.show(&reading, self.collector.is_empty() && self.outbox.is_empty());
        if !self.must_begin && !reading.is_connected {
            self.part.not_ready(self.consumer.context().trouble.explain("no broker is connected"));
        } else if !self.must_begin && !self.assigned.is_empty() {
            self.tell_readiness();
        }
    }

    /// Reading has begun; is all of it read?
    fn tell_readiness(&self) {
        if self.is_partial {
            self.part.not_ready("the leader of a partition doesn't answer, so that isn't read for now");
        } else if let Some(reason) = self.setbacks.lasting() {
            self.part.not_ready(reason);
        } else {
            self.part.ready();
        }
    }

    /// Hands over what was collected, waits for it, and commits once more.
    fn drain(&mut self) {
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
