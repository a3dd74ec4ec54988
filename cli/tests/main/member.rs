//! Members of a group that come, go and stand still.

use std::time::Duration;

use rustix::process::Signal;
use testkit::{Kafka, TestDatabase, wait_until};
use tokio::time::sleep;

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::topic::{Topic, kafka};

const NAMELESS: (&str, &str) = ("KAFKA_GROUP_INSTANCE_ID", "");

fn member(topic: &Topic, database: &TestDatabase) -> Ingest {
    Ingest::start_with(topic, database, &[(NAMELESS.0, NAMELESS.1.to_owned())])
}

// Seen to fail with the compare-and-set taken out of append::advance: its write isn't refused.
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

// Seen to fail without require_topic, and with reading begun anew where nothing is assigned: it says that it is ready.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_what_readiness_tells_until_it_is() {
    let database = TestDatabase::create().await.unwrap();
    let topic = Topic { servers: kafka().await.bootstrap_servers(), name: "not-there".to_owned() };
    let ingest = member(&topic, &database);
    wait_until("it says so", async || {
        ingest.readiness().await.contains("UnknownTopicOrPartition").then_some(())
    })
    .await;
    // Long enough to begin anew, which must not change what it says.
    sleep(Duration::from_secs(2)).await;
    assert!(ingest.readiness().await.contains("\"kafka\""), "{}", ingest.readiness().await);
    kafka().await.create_topic(&topic.name, 2).await.unwrap();
    let mut ledger = Ledger::open(&topic, &database).await;
    ledger.publish(100).await;
    ledger.assert_complete().await;
    assert!(ingest.stop().await);
}

// Seen to fail with errors of the connection handled as errors for good.
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

// Seen to fail with a consumer that is deaf to the stop, and ten times as long for everything else to end.
#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_under_load_it_ends_in_order_and_in_time_as_process_1_too() {
    let (topic, database) = (Topic::create("ends", 4).await, TestDatabase::create().await.unwrap());
    let mut ledger = Ledger::open(&topic, &database).await;
    let unshare = if rustix::process::geteuid().is_root() {
        "unshare --pid --fork --kill-child"
    } else {
        "unshare --user --map-root-user --pid --fork --kill-child"
    };
    for wrapper in [None, Some(unshare)] {
        let ingest = Ingest::start_wrapped(&topic, &database, wrapper);
        let before = ledger.appended().await;
        ledger.publish(20_000).await;
        wait_until("it is at work", async || (ledger.appended().await > before).then_some(())).await;
        assert!(ledger.appended().await < ledger.published(), "there is more to do");
        let asked_at = tokio::time::Instant::now();
        assert!(ingest.stop().await, "{wrapper:?}");
        assert!(asked_at.elapsed() < Duration::from_secs(20), "{:?}", asked_at.elapsed());
    }
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.assert_complete().await;
    assert!(ingest.stop().await);
}
