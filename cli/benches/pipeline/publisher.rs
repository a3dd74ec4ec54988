//! The publisher: the way to the broker, and what the broker took.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer as _, ProducerContext, ThreadedProducer};
use workload::Message;

const FLUSH_TIMEOUT: Duration = Duration::from_secs(120);

/// A connection to the broker, for one topic.
pub(crate) struct Publisher {
    client: ThreadedProducer<Context, NoCustomPartitioner>,
    topic: String,
}

/// What the broker took.
#[derive(Default)]
pub(crate) struct Deliveries {
    pub(crate) count: usize,
    /// Each of them, when sent one by one.
    pub(crate) sent: Vec<Sent>,
}

/// A message that the broker has.
pub(crate) struct Sent {
    /// When it was published.
    pub(crate) at: Instant,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

struct Context {
    keeps_sent: bool,
    deliveries: Mutex<Deliveries>,
}

impl Publisher {
    /// For as many as the broker takes.
    pub(crate) fn in_bulk(brokers: &str, topic: &str) -> Result<Self> {
        Self::connect(brokers, topic, "20", false)
    }

    /// For messages that wait for no company, and of each of which is to be known what became of it.
    pub(crate) fn one_by_one(brokers: &str, topic: &str) -> Result<Self> {
        Self::connect(brokers, topic, "0", true)
    }

    fn connect(brokers: &str, topic: &str, linger_ms: &str, keeps_sent: bool) -> Result<Self> {
        let client = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("linger.ms", linger_ms)
            // Each message is there once, so that counting offsets counts messages.
            .set("enable.idempotence", "true")
            // Short runs to one partition, as the pods of real producers send them.
            .set("sticky.partitioning.linger.ms", "5")
            .set("queue.buffering.max.kbytes", "65536")
            .create_with_context(Context { keeps_sent, deliveries: Mutex::default() })?;
        Ok(Self { client, topic: topic.to_owned() })
    }

    /// Queues a message, and waits while the queue is full.
    pub(crate) fn send(&self, message: &Message) -> Result<()> {
        let mut record =
            BaseRecord::<str, [u8], Box<Instant>>::with_opaque_to(&self.topic, Box::new(Instant::now()));
        (record.key, record.payload) = (message.key.as_deref(), message.value.as_deref());
        while let Err((error, refused)) = self.client.send(record) {
            let is_full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            ensure!(is_full, "a message was refused: {error}");
            std::thread::sleep(Duration::from_millis(1));
            record = refused;
        }
        Ok(())
    }

    /// Waits until the broker has them all.
    pub(crate) fn finish(self) -> Result<Deliveries> {
        self.client.flush(FLUSH_TIMEOUT).context("not every message was delivered in time")?;
        let mut deliveries = self.client.context().deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *deliveries))
    }
}

impl ClientContext for Context {}

impl ProducerContext<NoCustomPartitioner> for Context {
    type DeliveryOpaque = Box<Instant>;

    fn delivery(&self, result: &DeliveryResult<'_>, at: Box<Instant>) {
        let Ok(message) = result else { return };
        let mut deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        deliveries.count += 1;
        if self.keeps_sent {
            deliveries.sent.push(Sent { at: *at, partition: message.partition(), offset: message.offset() });
        }
    }
}
