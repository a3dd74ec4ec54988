//! A Kafka broker inside this process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use self::forwarder::Forwarder;
use self::native::MockCluster;
use crate::Error;

mod forwarder;
mod native;

/// librdkafka's mock cluster with one broker, on a port of our choice.
///
/// It speaks Kafka's protocol to any client, in any process: plain, idempotent and compressed producing, consumer groups
/// with rebalances and commits. What it isn't:
/// - It keeps 5 MiB or 100,000 message sets per partition and **drops the oldest silently**. Spread a demo over many
///   partitions; don't keep a backlog in it.
/// - Nothing survives the process.
/// - No admin requests, no finding of offsets by time, no authentication.
/// - A topic nobody announced is made when a client first asks for it, with 4 partitions.
///
/// Dropping it stops it.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    /// Before the cluster, so that no connection is left when that goes.
    _forwarder: Forwarder,
    _cluster: MockCluster,
}

/// Where the broker listens, and what it offers.
#[derive(Clone, Debug, Default)]
pub struct BrokerOptions {
    /// The port on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// Topics to begin with, each with its number of partitions.
    pub topics: Vec<(String, i32)>,
}

impl Broker {
    /// Starts the broker; it takes connections when this returns.
    ///
    /// # Errors
    /// When the port is taken, or a topic can't be made.
    pub async fn start(options: BrokerOptions) -> Result<Self, Error> {
        let port = options.port.unwrap_or(0);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = listener.map_err(|source| Error::from_bind(port, source))?;
        let address = listener.local_addr().map_err(|source| Error::from_bind(port, source))?;
        let cluster = MockCluster::start(address.port())?;
        for (topic, partition_count) in &options.topics {
            cluster.create_topic(topic, *partition_count)?;
        }
        let forwarder = Forwarder::start(listener, cluster.bootstrap_servers())
            .map_err(|source| Error::Io { action: "forward to the embedded broker".to_owned(), source })?;
        Ok(Self { address, _forwarder: forwarder, _cluster: cluster })
    }

    /// `host:port`, as clients want it.
    pub fn bootstrap_servers(&self) -> String {
        self.address.to_string()
    }

    /// Closes all connections and waits until the broker's threads have ended.
    pub async fn stop(self) {
        // That blocks. If the runtime is going down, they end with the process.
        _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}
