//! Reading: what the broker delivers goes into the batch, and the batch to the appender.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use metrics::{counter, gauge, histogram};
use rdkafka::Message as _;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use schema::StreamId;
use tracing::{debug, warn};

use super::Consumer;
use super::outbox::Room;
use crate::collector::{Collector, Taken};
use crate::{Batch, IngestError, Record, metric};

/// How long the channel may be full before the partitions are paused. Pausing throws away what was fetched ahead.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait for a record, and so how long everything else may have to wait.
const POLL_TIMEOUT: Duration = Duration::from_millis(20);
/// Records taken between looks at everything else.
const STRIDE: usize = 512;

impl Consumer {
    pub(super) fn read(&mut self) -> Result<(), IngestError> {
        self.note_poll();
        for _ in 0..STRIDE {
            if !self.read_one(POLL_TIMEOUT)? || self.must_begin || self.must_leave || self.collector.is_due()
            {
                break;
            }
        }
        Ok(())
    }

    /// Serves callbacks and takes a record, if one comes in time.
    fn read_one(&mut self, patience: Duration) -> Result<bool, IngestError> {
        match self.consumer.poll(patience) {
            // Only a record that was polled while no other topic was known is of the topic that it seems to be of.
            Some(Ok(_)) if self.has_to_leave() => {}
            Some(Ok(message)) => match Record::of(&message) {
                Ok(record) => {
                    let partition = message.partition();
                    take(&mut self.collector, &mut self.recreated, &mut self.must_begin, partition, record);
                }
                Err(_) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    drop(message);
                    // What came before it is appended first, or a restart would never get further.
                    if !self.collector.is_empty() {
                        self.hand_over()?;
                    }
                    return Err(IngestError::Unreadable { partition, offset });
                }
            },
            Some(Err(error)) => {
                self.failed(&error)?;
                return Ok(false);
            }
            None => return Ok(false),
        }
        Ok(true)
    }

    fn failed(&mut self, error: &KafkaError) -> Result<(), IngestError> {
        counter!(metric::CONSUME_ERRORS).increment(1);
        match error {
            // Another member took over our name, or the client gave up for good: nothing more will come.
            KafkaError::MessageConsumptionFatal(_) => return Err(error.clone().into()),
            // The client reads over what it can't read, and goes on behind it. So must we not: a record that was damaged on
            // its way is whole at the next attempt, and an offset that isn't to be had is a decision to take.
            KafkaError::MessageConsumption(code) if !is_about_connection(*code) => {
                warn!(error = %error, "a partition can't be read on from here: looking again at what the broker has");
                self.setbacks.note(code.to_string());
                // Without partitions there is nothing to begin anew.
                self.must_leave = !self.assigned.is_empty();
            }
            // The log of the client has said why.
            _ => debug!(error = %error, "the consumer reported an error"),
        }
        if self.assigned.is_empty() {
            self.part.not_ready(self.consumer.context().trouble.explain(&error.to_string()));
        }
        Ok(())
    }

    /// Hands the batch to the appender. While that is busy the partitions are paused, and the group is served all the same.
    pub(super) fn hand_over(&mut self) -> Result<(), IngestError> {
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

    pub(super) fn cut(&mut self) -> Batch {
        let mut batch = self.collector.cut();
        if batch.streams.iter().any(|stream| !stream.gaps.is_empty()) {
            let reason = self.runtime.block_on(self.policy.reason());
            batch.streams.iter_mut().flat_map(|stream| &mut stream.gaps).for_each(|gap| gap.reason = reason);
        }
        batch
    }

    /// Serves callbacks while paused. A record that is delivered all the same is in order, so it is taken.
    fn serve_group(&mut self) -> Result<(), IngestError> {
        self.note_poll();
        while !self.collector.is_full() && self.read_one(Duration::ZERO)? {}
        self.tell_lag();
        Ok(())
    }

    fn set_paused(&self, paused: bool) {
        gauge!(metric::PAUSED).set(f64::from(u8::from(paused)));
        let Ok(assignment) = self.consumer.assignment() else { return };
        let result =
            if paused { self.consumer.pause(&assignment) } else { self.consumer.resume(&assignment) };
        if let Err(error) = result {
            warn!(error = %error, paused, "partitions could not be paused or resumed");
        }
    }

    /// The group takes a member that doesn't poll for dead, so how long it didn't is worth knowing.
    fn note_poll(&mut self) {
        let now = Instant::now();
        histogram!(metric::POLL_GAP_SECONDS).record(now - self.polled_at);
        self.polled_at = now;
    }
}

/// Whether an error says that brokers can't be reached, and nothing of what they have.
fn is_about_connection(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::PollExceeded
            | Code::Authentication
            | Code::SSL
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
    )
}

fn take(
    collector: &mut Collector,
    recreated: &mut HashMap<i32, StreamId>,
    must_begin: &mut bool,
    partition: i32,
    record: Record,
) {
    let offset = record.offset;
    match collector.take(partition, record) {
        Taken::Kept | Taken::Recognised | Taken::Foreign => {}
        Taken::Repeated => counter!(metric::REPEATED).increment(1),
        Taken::Recreated => {
            warn!(partition, offset, "the topic was made again: its last record is another one");
            if let Some(cursor) = collector.cursor(partition) {
                recreated.insert(partition, cursor.tail.stream);
            }
            collector.restart(HashMap::new());
            *must_begin = true;
        }
    }
}
