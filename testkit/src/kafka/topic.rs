//! Topics: made, deleted, grown, and cut short.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication, TopicResult};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaResult;
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::{Instant, sleep};

use super::{DEADLINE, INTERVAL, Kafka};

impl Kafka {
    /// Makes a topic and waits until every partition takes messages.
    ///
    /// # Errors
    /// When Kafka refuses, or doesn't answer.
    pub async fn create_topic(&self, name: &str, partition_count: i32) -> Result<()> {
        self.create_topic_with(name, partition_count, &[]).await
    }

    /// The same, with settings of its own.
    ///
    /// # Errors
    /// As [`Kafka::create_topic`].
    pub async fn create_topic_with(
        &self,
        name: &str,
        partition_count: i32,
        settings: &[(&str, &str)],
    ) -> Result<()> {
        let mut topic = NewTopic::new(name, partition_count, TopicReplication::Fixed(1));
        topic.config = settings.to_vec();
        done(self.admin.create_topics([&topic], &options()).await?)?;
        self.wait_for_partitions(name, usize::try_from(partition_count)?).await
    }

    /// Deletes a topic and waits until it is no longer listed.
    ///
    /// # Errors
    /// When there is no such topic, or Kafka doesn't answer.
    pub async fn delete_topic(&self, name: &str) -> Result<()> {
        done(self.admin.delete_topics(&[name], &options()).await?)?;
        self.wait_for_partitions(name, 0).await
    }

    /// Adds partitions to a topic, so that it has `partition_count` in all.
    ///
    /// # Errors
    /// When that isn't more than it has, or Kafka doesn't answer.
    pub async fn add_partitions(&self, name: &str, partition_count: i32) -> Result<()> {
        let partition_count = usize::try_from(partition_count)?;
        let partitions = NewPartitions::new(name, partition_count);
        done(self.admin.create_partitions([&partitions], &options()).await?)?;
        self.wait_for_partitions(name, partition_count).await
    }

    /// Deletes what a partition holds below `before`, as retention would.
    ///
    /// # Errors
    /// When the partition doesn't reach that far, or Kafka doesn't answer.
    pub async fn delete_records(&self, topic: &str, partition: i32, before: i64) -> Result<()> {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(topic, partition, Offset::Offset(before))?;
        let result = self.admin.delete_records(&offsets, &options()).await?;
        result.elements().iter().try_for_each(TopicPartitionListElem::error)?;
        Ok(())
    }

    async fn wait_for_partitions(&self, topic: &str, expected: usize) -> Result<()> {
        let deadline = Instant::now() + DEADLINE;
        while ready_partitions(&self.admin, topic).await? != expected {
            if Instant::now() > deadline {
                bail!("topic {topic} doesn't come to have {expected} partitions");
            }
            sleep(INTERVAL).await;
        }
        Ok(())
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(DEADLINE)).request_timeout(Some(DEADLINE))
}

fn done(results: Vec<TopicResult>) -> Result<()> {
    for result in results {
        result.map_err(|(topic, code)| anyhow::anyhow!("topic {topic}: {code}"))?;
    }
    Ok(())
}

/// How many partitions of a topic answer; none if there is no such topic.
async fn ready_partitions(admin: &Arc<AdminClient<DefaultClientContext>>, topic: &str) -> Result<usize> {
    let (admin, topic) = (Arc::clone(admin), topic.to_owned());
    let ask = move || -> KafkaResult<usize> {
        let metadata = admin.inner().fetch_metadata(Some(&topic), DEADLINE)?;
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        // A leader named by the metadata may not know yet that it leads.
        let answers = |id| admin.inner().fetch_watermarks(&topic, id, Duration::from_secs(1)).is_ok();
        Ok(partitions.filter(|partition| partition.leader() >= 0 && answers(partition.id())).count())
    };
    Ok(tokio::task::spawn_blocking(ask).await??)
}
