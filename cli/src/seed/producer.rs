//! The way to the broker: bounded, and sure of what was delivered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use event_store::BrokerArgs;
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer as _, ProducerContext, ThreadedProducer};
use workload::Message;

/// How long to look for the broker.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Sends messages and counts what became of them.
pub(super) struct Producer {
    client: ThreadedProducer<Deliveries, NoCustomPartitioner>,
    topic: String,
}

/// What the broker said.
#[derive(Debug, Default)]
struct Deliveries {
    delivered: AtomicU64,
    failed: AtomicU64,
    last_error: Mutex<Option<KafkaError>>,
}

impl ClientContext for Deliveries {}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => drop(self.delivered.fetch_add(1, Ordering::Relaxed)),
            Err((error, _)) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            }
        }
    }
}

impl Producer {
    /// Finds the broker and the topic.
    pub(super) fn connect(broker: &BrokerArgs, topic: &str) -> anyhow::Result<Self> {
        let client: ThreadedProducer<Deliveries, NoCustomPartitioner> = broker
            .client_config()?
            .set("linger.ms", "10")
            .set("message.timeout.ms", "30000")
            // Short runs to one partition, as the pods of real producers send them.
            .set("sticky.partitioning.linger.ms", "5")
            .set("queue.buffering.max.kbytes", "32768")
            .create_with_context(Deliveries::default())?;
        client.client().fetch_metadata(Some(topic), CONNECT_TIMEOUT).with_context(|| {
            format!("no broker answers on {}: start one (`payload-tracker dev` brings its own), or name yours in KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers())
        })?;
        Ok(Self { client, topic: topic.to_owned() })
    }

    /// Queues a message, and waits while the queue is full.
    pub(super) fn send(&self, message: &Message) -> anyhow::Result<()> {
        let mut record = BaseRecord::<str, [u8]>::to(&self.topic);
        record.key = message.key.as_deref();
        record.payload = message.value.as_deref();
        while let Err((error, refused)) = self.client.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(error).context("a message was refused");
            }
            std::thread::sleep(Duration::from_millis(5));
            record = refused;
        }
        Ok(())
    }

    /// Waits until every queued message is delivered or given up, and says how many were given up.
    pub(super) fn finish(&self, show: impl Fn(u64)) -> u64 {
        while self.client.in_flight_count() > 0 {
            // Only a time-out, for the queue is looked at again.
            let _ = self.client.flush(Duration::from_millis(200));
            show(self.delivered());
        }
        self.client.context().failed.load(Ordering::Relaxed)
    }

    /// How many the broker has.
    pub(super) fn delivered(&self) -> u64 {
        self.client.context().delivered.load(Ordering::Relaxed)
    }

    /// Why the last one that failed did.
    pub(super) fn last_error(&self) -> KafkaError {
        let last = self.client.context().last_error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.unwrap_or(KafkaError::Canceled)
    }
}
