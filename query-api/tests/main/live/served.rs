//! The API on a port, over a log that grows.

use std::net::{Ipv4Addr, SocketAddr};

use projector::{Generation, Shape};
use runtime::database::Pool;
use runtime::health::Health;
use schema::StreamId;
use testkit::{MessageBuilder, TestDatabase, append_events, create_stream};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_postgres::Client as Database;
use tokio_util::sync::CancellationToken;

use crate::api::Api;

/// How many partitions the log has.
pub(crate) const PARTITIONS: usize = 3;

/// It ends when dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) api: Api,
    pub(crate) log: Log,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: JoinSet<()>,
}

/// A log, and what folds it.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) database: TestDatabase,
    pub(crate) streams: Vec<StreamId>,
    pub(crate) pool: Pool,
    pub(crate) generation: Generation,
}

impl Served {
    /// Without hints.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, None).await
    }

    /// With hints, heard by a connection of this name.
    pub(crate) async fn start_hinted(arguments: &[&str], name: &'static str) -> Self {
        Self::start_with(arguments, Some(name)).await
    }

    async fn start_with(arguments: &[&str], hinted: Option<&'static str>) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let log = Log::begin(&database).await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut service = Api::service(&database.args(), arguments);
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        if let Some(name) = hinted {
            let (wake, woken) = watch::channel(());
            service.wake = woken;
            let listen = database.args().listen(name, schema::PROJECTED, wake, stop.clone());
            tasks.spawn(async { listen.await.unwrap() });
        }
        let stopped = stop.clone();
        tasks.spawn(async { service.run(listener, Health::default(), stopped).await.unwrap() });
        Self { address, api: Api::on(database).with(arguments), log, stop, tasks }
    }
}

impl Log {
    async fn begin(database: &TestDatabase) -> Self {
        let client = database.client().await.unwrap();
        let mut streams = Vec::new();
        for partition in 0..PARTITIONS {
            streams.push(create_stream(&client, "topic", i32::try_from(partition).unwrap()).await.unwrap());
        }
        let pool = database.pool(&projector::pool_options()).unwrap();
        let shape = Shape { request_id_length: 32, shard_count: 2 };
        let generation = projector::find_or_create(&pool, shape).await.unwrap();
        Self { database: database.clone(), streams, pool, generation }
    }

    pub(crate) async fn client(&self) -> Database {
        self.database.client().await.unwrap()
    }

    /// Appends to one partition.
    pub(crate) async fn append(&self, partition: usize, messages: &[MessageBuilder]) {
        let values: Vec<_> = messages.iter().map(|message| Some(message.build())).collect();
        append_events(&self.client().await, self.streams[partition], &values).await.unwrap();
    }

    /// Folds all there is.
    pub(crate) async fn fold(&self) {
        while projector::step(&self.pool, self.generation, 1_000).await.unwrap().statuses > 0 {}
    }

    /// Folds all there is, and tells whoever listens.
    pub(crate) async fn fold_and_hint(&self) {
        self.fold().await;
        runtime::database::hint(&self.pool, schema::PROJECTED).await;
    }

    /// Appends and folds.
    pub(crate) async fn tell(&self, partition: usize, messages: &[MessageBuilder]) {
        self.append(partition, messages).await;
        self.fold_and_hint().await;
    }
}
