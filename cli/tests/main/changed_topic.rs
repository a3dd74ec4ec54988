//! Topics that change under a running `ingest`: made again, grown, cut by retention, replayed.

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use rustix::process::Signal;
use testkit::{TestDatabase, wait_until};

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::topic::{Topic, kafka};

async fn lay(name: &str, partitions: i32) -> (Topic, TestDatabase, Ledger) {
    let (topic, database) = (Topic::create(name, partitions).await, TestDatabase::create().await.unwrap());
    let ledger = Ledger::open(&topic, &database).await;
    (topic, database, ledger)
}

// Seen to fail with TopicId::hear that hears nothing: the first records of the new topic are never read.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_made_again_and_refilled_beyond_the_old_end_is_a_new_lineage() {
    let (topic, database, mut ledger) = lay("made-again", 1).await;
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.publish(500).await;
    ledger.assert_complete().await;
    // It wakes when there are records where it left off, and only the topic's id says that they are others.
    ingest.signal(Signal::STOP);
    kafka().await.delete_topic(&topic.name).await.unwrap();
    kafka().await.create_topic(&topic.name, 1).await.unwrap();
    ledger.publish(2_000).await;
    ingest.signal(Signal::CONT);
    ledger.assert_complete().await;
    let sql = "select lineage, next_offset from streams order by lineage";
    let lineages = ledger.client.query(sql, &[]).await.unwrap();
    let lineages: Vec<(i32, i64)> = lineages.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(lineages, [(0, 500), (1, 2_000)]);
    let ids: i64 = ledger.one("select count(distinct topic_id) from streams").await;
    assert_eq!(ids, 2, "each is known with the id of its topic");
    ingest.wait_for("payload_tracker_new_lineages_total", 1.0).await;
    assert!(ingest.stop().await);
}

// Seen to fail with the client's own interval for looking at the topic, five minutes.
#[tokio::test(flavor = "multi_thread")]
async fn partitions_added_later_are_read_from_their_earliest_offset() {
    let (topic, database, mut ledger) = lay("grown", 4).await;
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.publish(400).await;
    ledger.assert_complete().await;
    kafka().await.add_partitions(&topic.name, 8).await.unwrap();
    // Each time to others, at random.
    for _ in 0..40 {
        ledger.publish(100).await;
    }
    ledger.assert_complete().await;
    let partitions = "select count(distinct partition) from events join streams on streams.id = stream_id";
    assert_eq!(ledger.one::<i64>(partitions).await, 8);
    assert!(ingest.stop().await);
}

// Seen to fail with a skip that records no gap.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_deleted_before_they_were_read_are_a_recorded_gap() {
    let (topic, database, mut ledger) = lay("expired", 1).await;
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.publish(300).await;
    ledger.assert_complete().await;
    assert!(ingest.stop().await);
    ledger.publish(300).await;
    kafka().await.delete_records(&topic.name, 0, 450).await.unwrap();
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.wait_but_for(150).await;
    let gap: String =
        ledger.one("select concat_ws(' ', from_offset, to_offset, reason) from offset_gaps").await;
    assert_eq!(gap, "300 450 expired");
    ingest.wait_for("payload_tracker_gap_offsets_total", 150.0).await;
    assert!(ingest.stop().await);
}

// Seen to fail with a skip that records no gap.
#[tokio::test(flavor = "multi_thread")]
async fn retention_that_overtakes_a_running_consumer_leaves_a_recorded_gap() {
    let (topic, database, mut ledger) = lay("overtaken", 1).await;
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.publish(300).await;
    ledger.assert_complete().await;
    ingest.signal(Signal::STOP);
    ledger.publish(300).await;
    kafka().await.delete_records(&topic.name, 0, 450).await.unwrap();
    ingest.signal(Signal::CONT);
    ledger.publish(10).await;
    ledger.wait_but_for(150).await;
    let gap: String =
        ledger.one("select concat_ws(' ', from_offset, to_offset, reason) from offset_gaps").await;
    assert_eq!(gap, "300 450 expired");
    assert!(ingest.stop().await);
}

// Seen to fail with Kafka's committed offset as the start, and records below the position taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_offsets_were_reset_gets_nothing_twice() {
    let (topic, database, mut ledger) = lay("reset", 2).await;
    // Not a static member, so that the group is empty once it has left.
    let nameless = [("KAFKA_GROUP_INSTANCE_ID", String::new())];
    let ingest = Ingest::start_with(&topic, &database, &nameless);
    ledger.publish(1_000).await;
    ledger.assert_complete().await;
    assert!(ingest.stop().await);
    let reset = topic.clone();
    tokio::task::spawn_blocking(move || reset_offsets(&reset)).await.unwrap();
    let ingest = Ingest::start(&topic, &database, "only");
    ledger.publish(10).await;
    ledger.assert_complete().await;
    assert!(ingest.stop().await);
}

fn reset_offsets(topic: &Topic) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &topic.servers).set("group.id", &topic.name);
    let consumer: BaseConsumer = config.create().unwrap();
    let mut offsets = TopicPartitionList::new();
    for partition in 0..2 {
        offsets.add_partition_offset(&topic.name, partition, Offset::Offset(0)).unwrap();
    }
    consumer.commit(&offsets, CommitMode::Sync).unwrap();
}

// Seen to fail with the compare-and-set taken out of append::advance.
#[tokio::test(flavor = "multi_thread")]
async fn two_groups_at_one_database_double_nothing_and_begin_no_lineage() {
    let (topic, database, mut ledger) = lay("two-groups", 4).await;
    let one = Ingest::start(&topic, &database, "only");
    let other = Ingest::start_with(&topic, &database, &[("KAFKA_GROUP_ID", "two-groups-other".to_owned())]);
    // Both have begun, so one of them was fenced off by the other and doesn't know it yet.
    for member in [&one, &other] {
        member.wait_for("payload_tracker_assigned_partitions", 4.0).await;
        wait_until("it reads", async || (member.readiness().await == r#"{"ready":true}"#).then_some(()))
            .await;
    }
    for _ in 0..20 {
        ledger.publish(100).await;
    }
    ledger.assert_complete().await;
    assert_eq!(ledger.one::<i32>("select max(lineage) from streams").await, 0);
    wait_until("a refused write is counted", async || {
        let refused = "payload_tracker_append_refused_total";
        (one.metric(refused).await + other.metric(refused).await > 0.0).then_some(())
    })
    .await;
    one.kill().await;
    other.kill().await;
}
