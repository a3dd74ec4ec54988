//! A log, and the read models that it folds to.

use std::time::Duration;

use projector::progress::Progress;
use projector::{
    Generation, Project, ProjectArgs, ProjectError, ProjectionCheck, Rebuild, Shape, find_or_create,
    pool_options, rebuild_pool_options, step, verify_projection,
};
use runtime::database::{Pool, PoolOptions};
use runtime::health::Health;
use schema::StreamId;
use testkit::{TestDatabase, append_events, create_stream, wait_until};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;
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
fn project_args(arguments: &[&str]) -> ProjectArgs {
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
    /// Of the projections that are run.
    pub(crate) health: Health,
}

impl Fixture {
    pub(crate) async fn create(partitions: i32) -> Self {
        Self::shaped(partitions, SHAPE).await
    }

    /// From now on tests can write whole rows: what PostgreSQL derives is a column like any other.
    pub(crate) async fn derive_nothing(&self) {
        let sql = "do $$ declare item record; begin
            for item in
                select attrelid::regclass as relation, attname from pg_attribute
                where attgenerated = 's' and attrelid in (select oid from pg_class where relnamespace = 'projection_1'::regnamespace)
            loop
                execute format('alter table %s alter %I drop expression, alter %I drop not null', item.relation, item.attname, item.attname);
            end loop;
        end $$";
        self.client.batch_execute(sql).await.unwrap();
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
        Self { database, client, pool, generation, streams, health: Health::default() }
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

    /// Runs the projection, with these arguments and statements that may take so long, until something has come about.
    pub(crate) async fn run_until<T>(
        &self,
        arguments: &[&str],
        statement_timeout: Duration,
        until: impl Future<Output = T>,
    ) -> T {
        tokio::select! {
            ended = self.try_run(arguments, statement_timeout) => panic!("{ended:?}"),
            came = until => came,
        }
    }

    /// The same, until it ends by itself.
    pub(crate) async fn try_run(
        &self,
        arguments: &[&str],
        statement_timeout: Duration,
    ) -> Result<(), ProjectError> {
        let options = PoolOptions { statement_timeout, ..pool_options() };
        let project = Project {
            args: project_args(arguments),
            pool: self.database.pool(&options).unwrap(),
            wake: tokio::sync::watch::channel(()).1,
        };
        project.run(self.health.clone(), CancellationToken::new()).await
    }

    /// Waits until a generation has folded all there is.
    pub(crate) async fn caught_up(&self, generation: Generation) {
        let sql = "select from freshness where generation_id = $1 having sum(lag_events) = 0";
        wait_until("it has caught up", async || {
            self.client.query_opt(sql, &[&generation.id]).await.unwrap().map(drop)
        })
        .await;
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
        Rebuild { pool: &pool, shape, is_fresh: true, progress: &Progress::default() }.run().await.unwrap()
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
