//! Why the broker skips offsets in the middle of a topic.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;
use schema::GapReason;
use tracing::warn;

use crate::{BrokerError, KafkaArgs};

const TIMEOUT: Duration = Duration::from_secs(3);
/// A topic's policy may be changed, but gaps of a topic with transactions may come with every batch.
const VALIDITY: Duration = Duration::from_secs(60);

/// Asks the broker how it cleans the topic up, once there is a gap to explain.
pub(super) struct Policy {
    topic: String,
    config: ClientConfig,
    known: Option<(GapReason, Instant)>,
}

impl Policy {
    pub(super) fn of(kafka: &KafkaArgs) -> Result<Self, BrokerError> {
        Ok(Self { topic: kafka.topic.clone(), config: kafka.broker.client_config()?, known: None })
    }

    /// Why a record is missing between two others. Retention and delete-records are not among the reasons: they take the oldest
    /// records, and the broker refuses to read on from there.
    pub(super) async fn reason(&mut self) -> GapReason {
        if let Some((reason, asked_at)) = self.known
            && asked_at.elapsed() < VALIDITY
        {
            return reason;
        }
        // The answer that there is none is kept as well: asking takes time, and the broker wants to be polled.
        let reason = self.ask().await.unwrap_or_else(|error| {
            warn!(error = %error, "the topic's cleanup.policy can't be read, so why offsets are missing is unknown");
            GapReason::Unknown
        });
        self.known.insert((reason, Instant::now())).0
    }

    async fn ask(&self) -> KafkaResult<GapReason> {
        let admin: AdminClient<DefaultClientContext> = self.config.create()?;
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        let resources = admin.describe_configs([&ResourceSpecifier::Topic(&self.topic)], &options).await?;
        let is_compacted = |resource: &ConfigResource| {
            let policy = resource.get("cleanup.policy").and_then(|entry| entry.value.as_deref());
            policy.is_some_and(|policy| policy.contains("compact"))
        };
        match resources.into_iter().next() {
            Some(Ok(resource)) if is_compacted(&resource) => Ok(GapReason::Compacted),
            Some(Ok(_)) => Ok(GapReason::Transaction),
            Some(Err(code)) => Err(KafkaError::AdminOp(code)),
            None => Err(KafkaError::AdminOp(RDKafkaErrorCode::UnknownTopicOrPartition)),
        }
    }
}
