//! Members of a group that come, go and stand still.

use std::time::Duration;

use rustix::process::Signal;
use testkit::{Kafka, TestDatabase, wait_until};

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::topic::Topic;

const NAMELESS: (&str, &str) = ("KAFKA_GROUP_INSTANCE_ID", "");

fn member(topic: &Topic, database: &TestDatabase) -> Ingest {
    Ingest::start_with(topic, database, &[(NAMELESS.0, NAMELESS.1.to_owned())])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_stood_still_too_long_is_replaced_and_its_write_refused() {
    let (topic, database) = (Topic::create("zombie", 4).await, TestDatabase::create().await.unwrap());
    let mut ledger = Ledger::open(&topic, &database).await;
    let zombie = member(&topic, &database);
    ledger.publish(1_000).await;
    ledger.assert_complete().await;
    // Records that it has fetched and not appended yet: it stands still while it takes them.
    let mut locker = database.client().await.unwrap();
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table streams in share mode").await.unwrap();
    ledger.publish(1_000).await;
    wait_until("it waits for the streams", async || {
        let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        (ledger.one::<i64>(waits).await > 0).then_some(())
    })
    .await;
    zombie.signal(Signal::STOP);
    lock.rollback().await.unwrap();
    let other = member(&topic, &database);
    ledger.assert_complete().await;
    zombie.signal(Signal::CONT);
    zombie.wait_for("payload_tracker_append_refused_total", 1.0).await;
    ledger.publish(1_000).await;
    ledger.assert_complete().await;
    assert!(other.stop().await);
    assert!(zombie.stop().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_and_comes_back_is_waited_for() {
    let (mut kafka, database) = (Kafka::start().await.unwrap(), TestDatabase::create().await.unwrap());
    kafka.create_topic("broker", 2).await.unwrap();
    let topic = Topic { servers: kafka.bootstrap_servers(), name: "broker".to_owned() };
    let mut ledger = Ledger::open(&topic, &database).await;
    let ingest = member(&topic, &database);
    ledger.publish(500).await;
    ledger.assert_complete().await;
    kafka.kill().await.unwrap();
    wait_until("it says that no broker is there", async || {
        ingest.readiness().await.contains("no broker").then_some(())
    })
    .await;
    kafka.restart().await.unwrap();
    ledger.publish(500).await;
    ledger.assert_complete().await;
    assert!(ingest.stop().await);
    kafka.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_under_load_it_ends_in_order_and_in_time_as_process_1_too() {
    let (topic, database) = (Topic::create("ends", 4).await, TestDatabase::create().await.unwrap());
    let mut ledger = Ledger::open(&topic, &database).await;
    for wrapper in [None, Some("unshare --pid --fork --kill-child")] {
        let ingest = Ingest::start_wrapped(&topic, &database, wrapper);
        let before = ledger.appended().await;
        ledger.publish(20_000).await;
        wait_until("it is at work", async || (ledger.appended().await > before).then_some(())).await;
        let asked_at = tokio::time::Instant::now();
        assert!(ingest.stop().await, "{wrapper:?}");
        assert!(asked_at.elapsed() < Duration::from_secs(20), "{:?}", asked_at.elapsed());
    }
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.assert_complete().await;
    assert!(ingest.stop().await);
}
