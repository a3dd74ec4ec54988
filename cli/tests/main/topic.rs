//! A topic of a real Kafka, and what was published to it.

use std::time::Duration;

use anyhow::Result;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use rdkafka::producer::{DefaultProducerContext, NoCustomPartitioner};
use testkit::Kafka;
use tokio::sync::OnceCell;

type Publisher = ThreadedProducer<DefaultProducerContext, NoCustomPartitioner>;

/// A topic of its own for each test.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) servers: String,
    pub(crate) name: String,
}

/// One broker for each test process, which ends with it.
pub(crate) async fn kafka() -> &'static Kafka {
    static KAFKA: OnceCell<Kafka> = OnceCell::const_new();
    KAFKA.get_or_try_init(Kafka::start).await.unwrap()
}

impl Topic {
    pub(crate) async fn create(name: &str, partitions: i32) -> Self {
        let kafka = kafka().await;
        kafka.create_topic(name, partitions).await.unwrap();
        Self { servers: kafka.bootstrap_servers(), name: name.to_owned() }
    }

    /// The variables that name it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("KAFKA_BOOTSTRAP_SERVERS", self.servers.clone()),
            ("TOPIC_PAYLOAD_STATUS", self.name.clone()),
            ("KAFKA_GROUP_ID", self.name.clone()),
            ("KAFKA_GROUP_INSTANCE_ID", "only".to_owned()),
        ]
    }

    /// Publishes values, spread over the partitions as real producers do, and waits until all are delivered.
    pub(crate) async fn publish(&self, values: Vec<Option<Vec<u8>>>) {
        let topic = self.clone();
        tokio::task::spawn_blocking(move || topic.publish_all(&values).unwrap()).await.unwrap();
    }

    fn publish_all(&self, values: &[Option<Vec<u8>>]) -> Result<()> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.servers)
            // A broker that dies amid it is asked again, and must not take anything twice.
            .set("enable.idempotence", "true")
            // Each message to any partition.
            .set("sticky.partitioning.linger.ms", "0")
            .set("linger.ms", "1");
        let publisher: Publisher = config.create()?;
        for value in values {
            let mut record = BaseRecord::<(), [u8]>::to(&self.name);
            record.payload = value.as_deref();
            while let Err((error, refused)) = publisher.send(record) {
                if !matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) {
                    return Err(error.into());
                }
                publisher.flush(Duration::from_millis(50)).ok();
                record = refused;
            }
        }
        publisher.flush(Duration::from_secs(240))?;
        Ok(())
    }
}
