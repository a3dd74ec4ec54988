//! `ingest`: Kafka to the event log.

use clap::Args;
use event_store::{BatchArgs, Ingest, KafkaArgs, pool_options};
use runtime::admin::AdminArgs;
use runtime::database::DatabaseArgs;

use crate::process::Process;

/// Appends every record of the topic to the event log, byte for byte and exactly once.
///
/// Any number may run: the group shares the partitions. Where to go on is read from PostgreSQL, so it may be killed at any
/// time. Both PostgreSQL and Kafka may be away for as long as they like.
#[derive(Args, Debug)]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    batch: BatchArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(crate) async fn run(args: IngestArgs) -> anyhow::Result<()> {
    let mut process = Process::start(&args.admin).await?;
    let ingest = Ingest { kafka: args.kafka, batch: args.batch, pool: args.database.pool(&pool_options())? };
    process.tasks.spawn(ingest.run(process.health.clone(), process.tasks.stop()));
    process.finish().await
}
