//! A broker whose group coordinator fails or moves: what Kafka knows of our progress is for dashboards alone.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::mocking::{MockCluster, MockCoordinator};
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use testkit::{TestDatabase, wait_until};
use tokio::time::sleep;

use crate::ingest::{Running, TOPIC, events, expected, kafka_args, numbered, produce};

type Cluster = MockCluster<'static, DefaultProducerContext>;

/// With one partition.
fn cluster(broker_count: i32) -> Cluster {
    let cluster = MockCluster::new(broker_count).unwrap();
    cluster.create_topic(TOPIC, 1, 1).unwrap();
    cluster
}

/// What the group's coordinator knows.
async fn committed(servers: &str, group: &str) -> Offset {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("group.id", group);
    let ask = move || {
        let consumer: BaseConsumer = config.create().unwrap();
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition(TOPIC, 0);
        let offsets = consumer.committed_offsets(partitions, Duration::from_secs(10)).unwrap();
        offsets.find_partition(TOPIC, 0).unwrap().offset()
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

// Seen to fail with what Kafka knows of the group's offsets as the start.
#[tokio::test(flavor = "multi_thread")]
async fn commits_to_kafka_that_always_fail_stop_nobody_and_lose_nothing() {
    let (cluster, database) = (cluster(1), TestDatabase::create().await.unwrap());
    let client = database.client().await.unwrap();
    let servers = cluster.bootstrap_servers();
    let refusals = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 10_000];
    cluster.request_errors(RDKafkaApiKey::OffsetCommit, &refusals);
    let kafka = kafka_args(&servers, TOPIC);
    let ingest = Running::start_with(kafka.clone(), &database);
    for round in 0..3 {
        produce(&servers, numbered(100 * round..100 * (round + 1))).await;
        let count = 100 * (round + 1);
        assert_eq!(events(&client, usize::try_from(count).unwrap()).await, expected(0, 0..count));
        // The beat of the commits.
        sleep(Duration::from_millis(1_100)).await;
    }
    ingest.stop().await;
    assert_eq!(committed(&servers, &kafka.group_id).await, Offset::Invalid, "Kafka was told nothing");

    produce(&servers, numbered(300..400)).await;
    let ingest = Running::start_with(kafka_args(&servers, TOPIC), &database);
    assert_eq!(events(&client, 400).await, expected(0, 0..400));
    ingest.stop().await;
}

// Seen to fail with nothing begun when the group assigns partitions.
#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_that_moves_to_another_broker_is_followed() {
    let (cluster, database) = (cluster(3), TestDatabase::create().await.unwrap());
    let client = database.client().await.unwrap();
    let servers = cluster.bootstrap_servers();
    let kafka = kafka_args(&servers, TOPIC);
    cluster.coordinator(MockCoordinator::Group(kafka.group_id.clone()), 1).unwrap();
    let ingest = Running::start_with(kafka.clone(), &database);
    for (broker, round) in [2, 3, 1].into_iter().zip(0_i64..) {
        produce(&servers, numbered(100 * round..100 * (round + 1))).await;
        let count = 100 * (round + 1);
        assert_eq!(events(&client, usize::try_from(count).unwrap()).await, expected(0, 0..count));
        // And never more than that.
        wait_until("the coordinator is told", async || {
            let committed = committed(&servers, &kafka.group_id).await;
            assert!(committed.to_raw() <= Some(count), "{committed:?} is ahead of what is appended");
            (committed == Offset::Offset(count)).then_some(())
        })
        .await;
        cluster.coordinator(MockCoordinator::Group(kafka.group_id.clone()), broker).unwrap();
    }
    ingest.stop().await;
}
