//! What the faults befall: a broker, a database behind a network, and two members of a group.

use testkit::{Kafka, Proxy, TestDatabase, TestServer};
use tokio_postgres::Client;

use crate::ingest::Ingest;
use crate::topic::Topic;

const PARTITIONS: i32 = 6;

pub(super) struct World {
    pub(super) kafka: Kafka,
    pub(super) topic: Topic,
    pub(super) server: TestServer,
    pub(super) proxy: Proxy,
    pub(super) members: Vec<Ingest>,
    pub(super) partitions: i32,
}

impl World {
    pub(super) async fn build() -> Self {
        let kafka = Kafka::start().await.unwrap();
        kafka.create_topic("torture", PARTITIONS).await.unwrap();
        let topic = Topic { servers: kafka.bootstrap_servers(), name: "torture".to_owned() };
        let server = TestServer::start(&[]).await.unwrap();
        let proxy = Proxy::start(server.database().args().port).await.unwrap();
        let mut world = Self { kafka, topic, server, proxy, members: Vec::new(), partitions: PARTITIONS };
        world.members = vec![world.start_member(), world.start_member()];
        world
    }

    /// Starts one more `ingest`, behind the network.
    pub(super) fn start_member(&self) -> Ingest {
        let nameless = [("KAFKA_GROUP_INSTANCE_ID", String::new())];
        Ingest::start_with(&self.topic, &self.database().through(self.proxy.port()), &nameless)
    }

    /// Puts another member in the place of one, which is given.
    pub(super) fn replace_member(&mut self, which: usize) -> Ingest {
        let fresh = self.start_member();
        std::mem::replace(&mut self.members[which], fresh)
    }

    /// Where everything must arrive, without the network between.
    pub(super) fn database(&self) -> TestDatabase {
        self.server.database()
    }

    /// A new connection, for the old one may be lost.
    pub(super) async fn client(&self) -> Client {
        self.database().client().await.unwrap()
    }

    /// Ends it in order.
    pub(super) async fn end(self) {
        for member in self.members {
            assert!(member.stop().await, "a member ends in order");
        }
        self.kafka.stop().await.unwrap();
    }
}
