//! Ingestion, wired up: the consumer's thread on one side of a bounded channel, the appender on the other.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use runtime::database::{Pool, PoolOptions, Role, hint, is_role_missing};
use runtime::health::{Health, Part};
use runtime::retry::retry_transient;
use schema::{VersionError, check_version};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::append::append;
use crate::collector::Limits;
use crate::consumer::{Appended, Consumer, Feedback, Wiring};
use crate::{AppendError, Batch, BatchArgs, IngestError, KafkaArgs, StreamBatch, day, gap, metric, seal};

/// Batches that wait for the appender. With the one being filled and the one being appended, this bounds the memory.
const QUEUE: usize = 1;
/// How long the last batches may take after the stop.
const LAST_APPENDS_TIMEOUT: Duration = Duration::from_secs(6);
/// How long the consumer may take to leave the group. It may hang, and leaving it there is safe.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Appends everything on the topic to the event log.
#[derive(Debug)]
pub struct Ingest {
    /// Which topic, from where.
    pub kafka: KafkaArgs,
    /// How big a transaction is.
    pub batch: BatchArgs,
    /// Connections as made by [`pool_options`].
    pub pool: Pool,
}

/// The connections that ingestion needs: one to append, one for everything else.
pub fn pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker ingest",
        role: Role::Appender,
        max_size: 3,
        statement_timeout: Duration::from_secs(10),
        is_read_only: false,
    }
}

impl Ingest {
    /// Runs until `stop`. Outages of the database and of the broker are waited out.
    ///
    /// # Errors
    /// When somebody must act: a setting is wrong, or the database isn't fit for this build.
    pub async fn run(self, health: Health, stop: CancellationToken) -> Result<(), IngestError> {
        metric::describe();
        if let Some(asked) = self.kafka.auto_offset_reset.as_deref().filter(|asked| *asked != "earliest") {
            info!(
                KAFKA_AUTO_OFFSET_RESET = asked,
                "ignored: a partition never seen starts at its earliest offset"
            );
        }
        // Before anything is waited for.
        self.kafka.broker.client_config()?;
        info!(
            brokers = self.kafka.broker.bootstrap_servers(),
            protocol = %self.kafka.broker.security_protocol(),
            topic = self.kafka.topic,
            "reading from Kafka"
        );
        let (database, kafka) = (health.part("database"), health.part("kafka"));
        tokio::select! {
            checked = retry_transient("check the schema version", &database, || prepare(&self.pool)) => checked?,
            () = stop.cancelled() => return Ok(()),
        }
        let (batch_sender, batches) = channel(QUEUE);
        let (feedback_sender, feedback) = mpsc::channel();
        let limits = Limits {
            records: self.batch.batch_records as usize,
            bytes: self.batch.batch_bytes as usize,
            linger: self.batch.linger(),
        };
        let pool = self.pool.clone();
        let wiring =
            Wiring { limits, batches: batch_sender, feedback, pool, part: kafka, stop: stop.clone() };
        let consumer = Consumer::subscribe(&self.kafka, wiring)?;
        let ended = spawn_thread(consumer);
        tokio::select! {
            appended = append_all(&self.pool, batches, &feedback_sender, &database) => appended?,
            () = day::keep_ahead(&self.pool) => {}
            () = seal::keep_sealing(&self.pool) => {}
            () = async { stop.cancelled().await; tokio::time::sleep(LAST_APPENDS_TIMEOUT).await } => {
                warn!("the last batches could not be appended in time; they will be read again");
            }
        }
        drop(feedback_sender);
        match timeout(LEAVE_TIMEOUT, ended).await {
            Ok(ended) => ended.unwrap_or(Err(IngestError::Thread)),
            Err(_) => {
                warn!("the consumer did not leave the group in time");
                Ok(())
            }
        }
    }
}

async fn prepare(pool: &Pool) -> Result<(), IngestError> {
    match pool.get().await {
        Ok(client) => check_version(&**client).await?,
        Err(error) if is_role_missing(&error) => return Err(VersionError::Missing.into()),
        Err(error) => return Err(AppendError::from(error).into()),
    }
    Ok(day::make_in_time(pool).await?)
}

fn spawn_thread(consumer: Consumer) -> oneshot::Receiver<Result<(), IngestError>> {
    let (sender, ended) = oneshot::channel();
    std::thread::spawn(move || {
        let mut consumer = consumer;
        let result = consumer.run();
        // Dropping it leaves the group, which takes as long as the broker likes: worth waiting for, unless something is to be told.
        let (left, told) = match result {
            Ok(()) => (Some(consumer), None),
            Err(_) => (None, Some(consumer)),
        };
        drop(left);
        // Nobody may be waiting any more.
        let _ = sender.send(result);
        drop(told);
    });
    ended
}

/// Appends batch after batch, until the consumer has no more.
async fn append_all(
    pool: &Pool,
    mut batches: Receiver<Batch>,
    feedback: &mpsc::Sender<Feedback>,
    part: &Part,
) -> Result<(), AppendError> {
    let mut refused_session = 0;
    while let Some(batch) = batches.recv().await {
        let result = if batch.session <= refused_session {
            Feedback::Dropped
        } else {
            let started_at = Instant::now();
            match retry_transient("append", part, || append(pool, &batch)).await {
                Ok(()) => {
                    record(&batch, started_at.elapsed());
                    Feedback::Appended(batch.streams.iter().map(appended).collect())
                }
                Err(AppendError::Moved) => {
                    part.ready();
                    counter!(metric::REFUSED).increment(1);
                    refused_session = batch.session;
                    Feedback::Refused
                }
                Err(error) => return Err(error),
            }
        };
        let is_new = matches!(result, Feedback::Appended(_));
        if feedback.send(result).is_err() {
            return Ok(());
        }
        if is_new {
            hint(pool, schema::APPENDED).await;
        }
    }
    Ok(())
}

fn appended(stream: &StreamBatch) -> Appended {
    let timestamp_ms = stream.records.last().and_then(|record| record.timestamp_ms);
    Appended { partition: stream.partition, next_offset: stream.to_offset, timestamp_ms }
}

fn record(batch: &Batch, elapsed: Duration) {
    counter!(metric::CONSUMED).increment(batch.len() as u64);
    histogram!(metric::BATCH_RECORDS).record(batch.len() as f64);
    histogram!(metric::APPEND_SECONDS).record(elapsed);
    for gap in batch.streams.iter().flat_map(|stream| &stream.gaps) {
        gap::announce(gap);
    }
}
