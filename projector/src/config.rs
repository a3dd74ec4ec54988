//! What a person can set about the projection.

use std::time::Duration;

use clap::Args;

use crate::Shape;
use crate::read::Limits;

/// What new generations of read models are made with, and keep.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Read models")]
pub struct ShapeArgs {
    /// The length that a request id of no known form must have to be accepted; 0 for any.
    /// Taken when a generation of read models is made; an existing one keeps its rule
    #[arg(
        long = "request-id-length",
        env = "VALIDATE_REQUEST_ID_LENGTH",
        value_name = "VALIDATE_REQUEST_ID_LENGTH",
        default_value_t = 32,
        value_parser = clap::value_parser!(u32).range(..=256)
    )]
    pub request_id_length: u32,
    /// How many writers fold at once, each the requests that are dealt out to it.
    /// Taken when a generation of read models is made; an existing one keeps its number
    #[arg(id = "project_workers", long = "project-workers", env = "PROJECT_WORKERS", value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(i16).range(1..=8))]
    pub workers: i16,
}

/// How the projection runs.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Projection")]
pub struct ProjectArgs {
    /// What new generations are made with.
    #[command(flatten)]
    pub shape: ShapeArgs,
    /// Most events that one transaction folds
    #[arg(id = "project_batch_events", long = "project-batch-events", env = "PROJECT_BATCH_EVENTS", value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub batch_events: u32,
    /// Bytes of values after which a batch is full (it may pass this by one event)
    #[arg(id = "project_batch_bytes", long = "project-batch-bytes", env = "PROJECT_BATCH_BYTES", value_name = "BYTES", default_value_t = 4 << 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_bytes: u32,
    /// How often to look for new events when there were none, beside what ingestion's hint says
    #[arg(id = "project_poll_ms", long = "project-poll-ms", env = "PROJECT_POLL_MS", value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub poll_ms: u32,
    /// How often a random request is folded again from its raw events and compared; 0 for never
    #[arg(
        id = "project_sample_ms",
        long = "project-sample-ms",
        env = "PROJECT_SAMPLE_MS",
        value_name = "MS",
        default_value_t = 1_000
    )]
    pub sample_ms: u32,
}

impl From<ShapeArgs> for Shape {
    fn from(args: ShapeArgs) -> Self {
        Self { request_id_length: args.request_id_length, shard_count: args.workers }
    }
}

impl ProjectArgs {
    pub(crate) fn limits(&self) -> Limits {
        Limits { events: self.batch_events as usize, bytes: self.batch_bytes as usize }
    }

    pub(crate) fn sample_interval(&self) -> Option<Duration> {
        (self.sample_ms > 0).then(|| Duration::from_millis(self.sample_ms.into()))
    }

    pub(crate) fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_ms.into())
    }
}
