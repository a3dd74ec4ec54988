//! A log, and the read models that it folds to.

use projector::progress::Progress;
use projector::{
    Generation, ProjectArgs, ProjectionCheck, Rebuild, Shape, find_or_create, pool_options,
    rebuild_pool_options, step, verify_projection,
};
use runtime::database::Pool;
use schema::StreamId;
use testkit::{TestDatabase, append_events, create_stream};
use tokio_postgres::Client;
use workload::{Workload, WorkloadConfig};

pub(crate) const ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

/// What its generations are made with.
pub(crate) const SHAPE: Shape = Shape { request_id_length: 32, shard_count: 2 };

#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    project: ProjectArgs,
}

/// How the projection runs that is given these arguments.
pub(crate) fn project_args(arguments: &[&str]) -> ProjectArgs {
    let program = ["project", "--project-sample-ms=0", "--project-poll-ms=20"];
    <Arguments as clap::Parser>::parse_from(program.iter().chain(arguments)).project
}

/// A database with a log of some streams and its first generation.
pub(crate) struct Fixture {
    pub(crate) database: TestDatabase,
    pub(crate) client: Client,
    pub(crate) pool: Pool,
    pub(crate) generation: Generation,
    pub(crate) streams: Vec<StreamId>,
}

impl Fixture {
    pub(crate) async fn create(partitions: i32) -> Self {
        Self::shaped(partitions, SHAPE).await
    }

    pub(crate) async fn shaped(partitions: i32, shape: Shape) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let client = database.client().await.unwrap();
        let mut streams = Vec::new();
        for partition in 0..partitions {
            streams.push(create_stream(&client, "topic", partition).await.unwrap());
        }
        let pool = database.pool(&pool_options()).unwrap();
        let generation = find_or_create(&pool, shape).await.unwrap();
        client.batch_execute("set search_path = projection_1, public").await.unwrap();
        Self { database, client, pool, generation, streams }
    }

    /// Appends values to the stream of a partition.
    pub(crate) async fn append(&self, partition: usize, values: &[Option<Vec<u8>>]) {
        append_events(&self.client, self.streams[partition], values).await.unwrap();
    }

    /// Appends one value to partition 0.
    pub(crate) async fn append_one(&self, value: impl Into<Vec<u8>>) {
        self.append(0, &[Some(value.into())]).await;
    }

    /// Folds all there is, in batches of at most `batch_events`. Gives the number of events folded.
    pub(crate) async fn project(&self, batch_events: usize) -> usize {
        let mut events = 0;
        loop {
            let step = step(&self.pool, self.generation, batch_events).await.unwrap();
            match step.statuses + step.quarantined {
                0 => return events,
                folded => events += folded,
            }
        }
    }

    /// Appends traffic, dealt out to all streams. Gives how many messages.
    pub(crate) async fn append_workload(&self, seed: u64, count: usize) -> usize {
        let config = WorkloadConfig { seed, malformed_share: 0.02, ..WorkloadConfig::default() };
        let mut values = vec![Vec::new(); self.streams.len()];
        for (number, message) in Workload::new(config).take(count).enumerate() {
            let partition = number % values.len();
            values[partition].push(message.value);
        }
        for (partition, values) in values.iter().enumerate() {
            self.append(partition, values).await;
        }
        count
    }

    /// What checking a generation finds.
    pub(crate) async fn verify(&self, generation: Generation) -> ProjectionCheck {
        let pool = self.database.pool(&projector::verify_pool_options(2)).unwrap();
        verify_projection(&pool, generation, 2, &Progress::default()).await.unwrap()
    }

    /// The generation of the shape, made anew from the log.
    pub(crate) async fn rebuild(&self, shape: Shape) -> Generation {
        let pool = self.database.pool(&rebuild_pool_options()).unwrap();
        Rebuild { pool: &pool, shape, progress: &Progress::default() }.run().await.unwrap()
    }

    /// The rows of a query, each as one text.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        let rows =
            self.client.query(&format!("select t::text from ({sql}) as t order by 1"), &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
    }
}
