//! The two calls of librdkafka's mock cluster that have no safe wrapper.
#![expect(unsafe_code, reason = "rdkafka's safe wrapper has no advertised address and no rebalance delay")]

use std::fmt;

use rdkafka::client::{Client, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::mocking;
use rdkafka::types::RDKafkaType;
use rdkafka_sys::bindings;

use crate::Error;

/// Brokers of a mock cluster are numbered from one, and this one has one.
const BROKER_ID: i32 = 1;

/// A mock cluster, owned by the client it was made with: librdkafka destroys the two in the right order.
pub(super) struct MockCluster {
    client: Client<DefaultClientContext>,
}

impl MockCluster {
    /// Starts a cluster that tells its clients to connect to 127.0.0.1 at `advertised_port`.
    pub(super) fn start(advertised_port: u16) -> Result<Self, Error> {
        let mut config = ClientConfig::new();
        // Only what is critical: the client beside the cluster has nothing to tell.
        config.set("test.mock.num.brokers", "1").set("log_level", "2");
        let native = config.create_native_config()?;
        let client = Client::new(&config, native, RDKafkaType::RD_KAFKA_PRODUCER, DefaultClientContext)?;
        // SAFETY: `client` is alive. The answer is null or a cluster that lives as long as `client`.
        let cluster = unsafe { bindings::rd_kafka_handle_mock_cluster(client.native_ptr()) };
        assert!(!cluster.is_null(), "a client with test.mock.num.brokers has a mock cluster");
        // SAFETY: `cluster` is alive (above), and the host is a C string that librdkafka copies.
        // Both calls take the cluster's own lock.
        unsafe {
            let host = c"127.0.0.1".as_ptr();
            bindings::rd_kafka_mock_broker_set_host_port(cluster, BROKER_ID, host, advertised_port.into());
            // A real broker waits 3 s for more members before the first assignment. Nobody else will come.
            bindings::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0);
        }
        Ok(Self { client })
    }

    /// Adds a topic.
    pub(super) fn create_topic(&self, topic: &str, partition_count: i32) -> Result<(), Error> {
        Ok(self.safe().create_topic(topic, partition_count, 1)?)
    }

    /// Where the cluster really listens.
    pub(super) fn bootstrap_servers(&self) -> String {
        self.safe().bootstrap_servers()
    }

    fn safe(&self) -> mocking::MockCluster<'_, DefaultClientContext> {
        self.client.mock_cluster().expect("start has seen it")
    }
}

impl fmt::Debug for MockCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockCluster").finish_non_exhaustive()
    }
}
