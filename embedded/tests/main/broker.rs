//! The embedded broker, seen by ordinary clients.

use std::net::TcpListener;
use std::time::Duration;

use embedded::{Broker, BrokerOptions, Error};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Message};
use tokio::time::{Instant, timeout};

use crate::wait;

async fn broker() -> Broker {
    Broker::start(BrokerOptions { port: None, topics: vec![("notes".to_owned(), 3)] }).await.unwrap()
}

fn client(broker: &Broker) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap_servers());
    config
}

fn consumer(broker: &Broker) -> StreamConsumer {
    let mut config = client(broker);
    config.set("group.id", "readers").set("auto.offset.reset", "earliest");
    let consumer: StreamConsumer = config.create().unwrap();
    consumer.subscribe(&["notes"]).unwrap();
    consumer
}

#[tokio::test]
async fn what_a_client_produces_another_consumes_through_the_fixed_port() {
    let broker = broker().await;
    let producer: FutureProducer =
        client(&broker).set("enable.idempotence", "true").set("compression.type", "zstd").create().unwrap();
    for note in ["a", "b", "c"] {
        let record = FutureRecord::to("notes").key(note).payload(note);
        producer.send(record, Duration::from_secs(10)).await.unwrap();
    }

    let consumer = consumer(&broker);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let message = timeout(Duration::from_secs(20), consumer.recv()).await.unwrap().unwrap();
        seen.push(String::from_utf8(message.payload().unwrap().to_vec()).unwrap());
    }

    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
    // Clients first: they take long to leave a broker that isn't there.
    drop((producer, consumer));
    broker.stop().await;
}

#[tokio::test]
async fn the_first_assignment_takes_less_than_a_second() {
    let broker = broker().await;
    let started = Instant::now();
    let consumer = consumer(&broker);
    wait::until("all partitions are assigned", async || {
        _ = timeout(Duration::from_millis(10), consumer.recv()).await;
        consumer.assignment().unwrap().count() == 3
    })
    .await;
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn the_advertised_address_is_the_fixed_one() {
    let port = embedded::free_port().unwrap();
    let broker = Broker::start(BrokerOptions { port: Some(port), topics: Vec::new() }).await.unwrap();
    assert_eq!(broker.bootstrap_servers(), format!("127.0.0.1:{port}"));
    let consumer: StreamConsumer = client(&broker).set("group.id", "readers").create().unwrap();
    let fetch = move || consumer.fetch_metadata(None, Duration::from_secs(10)).unwrap();
    let metadata = tokio::task::spawn_blocking(fetch).await.unwrap();
    let advertised: Vec<_> = metadata.brokers().iter().map(|broker| (broker.host(), broker.port())).collect();
    assert_eq!(advertised, [("127.0.0.1", i32::from(port))]);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let error = Broker::start(BrokerOptions { port: Some(port), topics: Vec::new() }).await.unwrap_err();
    assert!(matches!(error, Error::PortTaken { port: taken } if taken == port), "{error}");
}
