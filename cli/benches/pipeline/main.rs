//! How fast the pipeline is, next to the fastest that PostgreSQL takes the same rows in the same run: `make bench`.
//!
//! A real PostgreSQL with its durable defaults and a real Kafka share the machine with the services. What travels to
//! another machine are the ratios, not the numbers.

mod limit;
mod server;
mod service;

use std::time::Instant;

use anyhow::{Context as _, Result};
use rdkafka::ClientConfig;
use rdkafka::producer::{
    BaseRecord, DefaultProducerContext, NoCustomPartitioner, Producer as _, ThreadedProducer,
};
use testkit::Kafka;
use workload::{Message, Workload, WorkloadConfig};

use self::server::Server;
use self::service::Measured;

const TOPIC: &str = "platform.payload-status";
const PARTITIONS: i32 = 20;

#[tokio::main]
async fn main() -> Result<()> {
    let count: usize = std::env::var_os("MESSAGES")
        .map_or(Ok(1_000_000), |text| text.to_string_lossy().parse().context("MESSAGES must be a number"))?;
    say(&format!("{count} messages of the workload, {PARTITIONS} partitions, {} cores", cores()));
    let server = Server::start().await?;
    let kafka = Kafka::start().await?;
    kafka.create_topic(TOPIC, PARTITIONS).await?;
    let messages: Vec<Message> = Workload::new(WorkloadConfig::default()).take(count).collect();
    let started_at = Instant::now();
    let messages = publish(&kafka.bootstrap_servers(), messages).await?;
    say(&format!("published at {:.0} messages/s", count as f64 / started_at.elapsed().as_secs_f64()));

    let ingest = service::measure("ingest", &server, &kafka.bootstrap_servers(), count).await?;
    let project = service::measure("project", &server, &kafka.bootstrap_servers(), count).await?;
    let events_limit = limit::events(&server, &messages).await?;
    let models_limit = limit::read_models(&server).await?;
    say("");
    say("             per second   raw COPY   ratio   CPU s/million   PostgreSQL's   peak MiB");
    report("ingest", count, &ingest, events_limit);
    report("projection", count, &project, models_limit);
    say("");
    say(&server.sizes().await?);
    kafka.stop().await?;
    server.stop().await
}

fn report(name: &str, count: usize, measured: &Measured, limit_seconds: f64) {
    let (per_second, limit) = (count as f64 / measured.seconds, count as f64 / limit_seconds);
    let million = count as f64 / 1e6;
    say(&format!(
        "{name:<12} {per_second:>10.0} {limit:>10.0} {:>7.2} {:>15.2} {:>14.2} {:>10.0}",
        per_second / limit,
        measured.cpu_seconds / million,
        measured.postgres_cpu_seconds / million,
        measured.peak_mib,
    ));
}

/// Publishes all, and gives them back.
async fn publish(servers: &str, messages: Vec<Message>) -> Result<Vec<Message>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("linger.ms", "20").set("sticky.partitioning.linger.ms", "5");
    config.set("queue.buffering.max.messages", "2000000").set("queue.buffering.max.kbytes", "2000000");
    let publisher: ThreadedProducer<DefaultProducerContext, NoCustomPartitioner> = config.create()?;
    tokio::task::spawn_blocking(move || {
        for message in &messages {
            let mut record = BaseRecord::<str, [u8]>::to(TOPIC);
            (record.key, record.payload) = (message.key.as_deref(), message.value.as_deref());
            publisher.send(record).map_err(|(error, _)| error)?;
        }
        publisher.flush(std::time::Duration::from_secs(120))?;
        Ok(messages)
    })
    .await?
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[expect(clippy::print_stdout, reason = "it is the result")]
fn say(line: &str) {
    println!("{line}");
}
