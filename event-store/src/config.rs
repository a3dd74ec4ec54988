//! What a person can set about ingestion.

use std::time::Duration;

use clap::Args;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use crate::{BrokerArgs, BrokerError};

/// Which topic to read, and from where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Kafka")]
pub struct KafkaArgs {
    /// The way to the brokers.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// Consumer group: its members share the partitions
    #[arg(
        long = "kafka-group-id",
        env = "KAFKA_GROUP_ID",
        value_name = "KAFKA_GROUP_ID",
        default_value = "payload_tracker"
    )]
    pub group_id: String,
    /// Name of this member, unique in the group: one that is killed and started again under its name gets its partitions
    /// back at once
    #[arg(long = "kafka-group-instance-id", env = "KAFKA_GROUP_INSTANCE_ID", value_name = "NAME")]
    pub group_instance_id: Option<String>,
    /// Topic of the status messages
    #[arg(
        long = "topic",
        env = "TOPIC_PAYLOAD_STATUS",
        value_name = "TOPIC_PAYLOAD_STATUS",
        default_value = "platform.payload-status"
    )]
    pub topic: String,
    /// Accepted for old deployments. A partition never seen starts at its earliest offset, whatever this says
    #[arg(long = "kafka-auto-offset-reset", env = "KAFKA_AUTO_OFFSET_RESET", hide = true)]
    pub auto_offset_reset: Option<String>,
}

/// When a batch is full.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Batches")]
pub struct BatchArgs {
    /// Most records that one transaction appends
    #[arg(id = "ingest_batch_records", long = "ingest-batch-records", env = "INGEST_BATCH_RECORDS", value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_records: u32,
    /// Bytes of keys and values after which a batch is full (it may pass this by one record)
    #[arg(id = "ingest_batch_bytes", long = "ingest-batch-bytes", env = "INGEST_BATCH_BYTES", value_name = "BYTES", default_value_t = 2 << 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_bytes: u32,
    /// How long the first record of a batch waits for company
    #[arg(id = "ingest_linger_ms", long = "ingest-linger-ms", env = "INGEST_LINGER_MS", value_name = "MS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub linger_ms: u32,
}

impl KafkaArgs {
    /// The settings of the consumer. Those that correctness hangs on can't be overridden.
    pub(crate) fn consumer_config(&self) -> Result<ClientConfig, BrokerError> {
        let mut config = self.broker.client_config()?;
        config
            .set("group.id", &self.group_id)
            // Kafka's offsets are committed by hand after the append, for dashboards only.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // Every jump is a decision of ours (start.rs).
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("allow.auto.create.topics", "false")
            .set("check.crcs", "true")
            // Eager: after a rebalance, every partition starts from what PostgreSQL says.
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "2000")
            .set("topic.metadata.refresh.interval.ms", "20000")
            // Bounds the memory of what is fetched ahead; look again soon when it was full.
            .set("queued.max.messages.kbytes", "4096")
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.max.bytes", "2097152")
            .set("receive.message.max.bytes", "16777216")
            .set("fetch.message.max.bytes", "1048576")
            // A real broker answers at once when something comes; the in-process one only when this is over.
            .set("fetch.wait.max.ms", "100")
            .set("reconnect.backoff.max.ms", "2000")
            // What the lag is told from.
            .set("statistics.interval.ms", "2000")
            // Its debug log is the one place where it says that the topic was made again (consumer/topic_id.rs).
            .set("debug", "metadata")
            .set_log_level(RDKafkaLogLevel::Debug);
        if let Some(name) = &self.group_instance_id {
            config.set("group.instance.id", name);
        }
        Ok(config)
    }
}

impl BatchArgs {
    pub(crate) fn linger(&self) -> Duration {
        Duration::from_millis(self.linger_ms.into())
    }
}
