//! Where everything plays: one PostgreSQL and one Kafka, with a topic and a database for each section.

use std::time::Instant;

use anyhow::Result;
use testkit::Kafka;

use crate::figure::number;
use crate::server::Server;
use crate::{say, traffic};

/// As many as production has.
pub(crate) const PARTITIONS: i32 = 20;

/// The servers.
pub(crate) struct Stage {
    pub(crate) server: Server,
    kafka: Kafka,
}

impl Stage {
    pub(crate) async fn start() -> Result<Self> {
        Ok(Self { server: Server::start().await?, kafka: Kafka::start().await? })
    }

    /// Where the broker is.
    pub(crate) fn brokers(&self) -> String {
        self.kafka.bootstrap_servers()
    }

    /// Makes a topic and fills it with the first messages of the workload.
    pub(crate) async fn topic(&self, name: &str, message_count: usize) -> Result<()> {
        self.kafka.create_topic(name, PARTITIONS).await?;
        if message_count > 0 {
            let started_at = Instant::now();
            traffic::publish(self.brokers(), name.to_owned(), message_count).await?;
            let per_second = message_count as f64 / started_at.elapsed().as_secs_f64();
            say(&format!("{name}: {message_count} messages published, {} a second", number(per_second)));
        }
        Ok(())
    }

    /// Gives the topic's space back.
    pub(crate) async fn delete_topic(&self, name: &str) -> Result<()> {
        self.kafka.delete_topic(name).await
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.kafka.stop().await?;
        self.server.stop().await
    }
}
