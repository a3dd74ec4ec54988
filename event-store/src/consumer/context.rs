//! The consumer's callbacks: what the group assigns, and what goes wrong.

use std::sync::{Mutex, PoisonError};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Statistics, TopicPartitionList};
use tracing::{debug, error, info, warn};

use super::lag::Readings;
use super::topic_id::TopicId;
use super::trouble::Trouble;

/// Notes what the group assigns.
///
/// Nothing is fetched from inside a rebalance: where to start is PostgreSQL's to say, and it may be away. So the callback
/// takes on an empty assignment, and the consumer's loop the real one once it knows the offsets.
#[derive(Debug, Default)]
pub(crate) struct Context {
    change: Mutex<Option<Assignment>>,
    pub(super) topic_id: TopicId,
    pub(super) readings: Readings,
    pub(super) trouble: Trouble,
}

/// What the group last said.
#[derive(Debug)]
pub(crate) enum Assignment {
    /// These partitions are ours. There may be none, where the group has more members than the topic has partitions.
    Assigned(Vec<i32>),
    /// None is, until it says otherwise.
    Revoked,
}

impl Context {
    /// What is ours now, when that changed since the last call.
    pub(crate) fn take_change(&self) -> Option<Assignment> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether it did.
    pub(super) fn has_change(&self) -> bool {
        self.change.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn set_change(&self, assignment: Assignment) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(assignment);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        use RDKafkaLogLevel as Level;
        self.trouble.hear(facility, line);
        match level {
            Level::Emerg | Level::Alert | Level::Critical | Level::Error => {
                error!(facility, line, "librdkafka");
            }
            Level::Warning => {
                warn!(facility, line, "librdkafka");
            }
            Level::Notice | Level::Info => {
                info!(facility, line, "librdkafka");
            }
            Level::Debug => self.topic_id.hear(line),
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.readings.set(&statistics);
    }

    /// The consumer is handed it, too, and handles it there.
    fn error(&self, error: KafkaError, reason: &str) {
        debug!(error = %error, reason, "Kafka");
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let assigned = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                let partitions = list.elements().iter().map(TopicPartitionListElem::partition).collect();
                self.set_change(Assignment::Assigned(partitions));
                consumer.assign(&TopicPartitionList::new())
            }
            _ => {
                self.set_change(Assignment::Revoked);
                consumer.unassign()
            }
        };
        if let Err(error) = assigned {
            warn!(error = %error, "the rebalance could not be answered");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        // For dashboards only: the next commit makes up for it.
        if let Err(error) = result {
            debug!(error = %error, "offsets were not committed to Kafka");
        }
    }
}
