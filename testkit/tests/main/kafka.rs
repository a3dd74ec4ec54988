//! The real Kafka, with all that tests ask of it.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use testkit::Kafka;

fn client(kafka: &Kafka) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka.bootstrap_servers());
    config
}

async fn produce(kafka: &Kafka, topic: &str, count: usize) {
    let producer: FutureProducer = client(kafka).create().unwrap();
    for _ in 0..count {
        let record = FutureRecord::to(topic).key("key").payload("value").partition(0);
        producer.send(record, Duration::from_secs(20)).await.unwrap();
    }
}

fn watermarks(kafka: &Kafka, topic: &str, partition: i32) -> (i64, i64) {
    let consumer: BaseConsumer = client(kafka).create().unwrap();
    consumer.fetch_watermarks(topic, partition, Duration::from_secs(20)).unwrap()
}

#[tokio::test]
async fn a_topic_grows_loses_records_and_is_made_anew() {
    let kafka = Kafka::start().await.unwrap();
    kafka.create_topic("notes", 1).await.unwrap();
    produce(&kafka, "notes", 3).await;
    assert_eq!(watermarks(&kafka, "notes", 0), (0, 3));

    kafka.delete_records("notes", 0, 2).await.unwrap();
    assert_eq!(watermarks(&kafka, "notes", 0), (2, 3));
    kafka.add_partitions("notes", 4).await.unwrap();
    assert_eq!(watermarks(&kafka, "notes", 3), (0, 0));

    kafka.delete_topic("notes").await.unwrap();
    kafka.create_topic("notes", 2).await.unwrap();
    assert_eq!(watermarks(&kafka, "notes", 0), (0, 0));
    kafka.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_broker_comes_back_with_its_records() {
    let mut kafka = Kafka::start().await.unwrap();
    kafka.create_topic("notes", 1).await.unwrap();
    produce(&kafka, "notes", 3).await;
    kafka.kill().await.unwrap();
    kafka.restart().await.unwrap();
    assert_eq!(watermarks(&kafka, "notes", 0), (0, 3));
    kafka.restart().await.unwrap();
    assert_eq!(watermarks(&kafka, "notes", 0), (0, 3));
}

#[tokio::test]
async fn a_topic_nobody_made_does_not_exist() {
    let kafka = Kafka::start().await.unwrap();
    let error = kafka.delete_topic("notes").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "topic notes: UnknownTopicOrPartition (Broker: Unknown topic or partition)"
    );
}
