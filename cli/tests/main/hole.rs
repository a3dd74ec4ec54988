//! Topics with holes that are no loss: control records, aborted transactions, and records that compaction took.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Message as _, Offset, TopicPartitionList};
use testkit::{TestDatabase, wait_until};
use tokio::task::spawn_blocking;

use crate::ingest::Ingest;
use crate::ledger::Ledger;
use crate::service::{command, database_environment};
use crate::topic::{Topic, kafka};

const PATIENCE: Duration = Duration::from_secs(30);

async fn assert_covered(database: &TestDatabase) {
    let output = command("verify coverage", &database_environment(database)).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Ten records in a transaction of their own.
fn publish_transaction(topic: &Topic, is_committed: bool) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &topic.servers).set("transactional.id", "a producer");
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    for number in 0..10 {
        let value = format!("{is_committed} {number}");
        producer.send(BaseRecord::<(), str>::to(&topic.name).payload(&value)).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
    if is_committed {
        producer.commit_transaction(PATIENCE).unwrap();
    } else {
        producer.abort_transaction(PATIENCE).unwrap();
    }
}

// Seen to fail with isolation.level read_uncommitted: records of an aborted transaction are appended.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_transaction_leaves_is_recorded_as_such_and_aborted_records_never_happened() {
    let (topic, database) = (Topic::create("transactions", 1).await, TestDatabase::create().await.unwrap());
    let client = database.client().await.unwrap();
    let ingest = Ingest::start(&topic, &database, "only");
    let publish = topic.clone();
    spawn_blocking(move || {
        for is_committed in [true, false, true] {
            publish_transaction(&publish, is_committed);
        }
    })
    .await
    .unwrap();
    // Behind the last control record, or nothing would show that it is skipped.
    topic.publish(vec![Some(b"the end".to_vec())]).await;
    wait_until("21 events", async || {
        let count: i64 = client.query_one("select count(*) from events", &[]).await.unwrap().get(0);
        (count >= 21).then_some(())
    })
    .await;
    let gaps =
        client.query("select from_offset, to_offset, reason from offset_gaps order by 1", &[]).await.unwrap();
    let gaps: Vec<(i64, i64, String)> = gaps.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let transaction = |from, to| (from, to, "transaction".to_owned());
    // Ten records and a control record, then ten that were aborted and two control records around ten more.
    assert_eq!(gaps, [transaction(10, 22), transaction(32, 33)]);
    let aborted = "select count(*) from events where convert_from(value, 'UTF8') like 'false%'";
    assert_eq!(client.query_one(aborted, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_covered(&database).await;
    assert!(ingest.stop().await);
}

/// The offsets that the broker still has.
fn remaining(topic: &Topic) -> Vec<i64> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &topic.servers).set("group.id", "looking");
    config.set("enable.partition.eof", "true");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut partition = TopicPartitionList::new();
    partition.add_partition_offset(&topic.name, 0, Offset::Beginning).unwrap();
    consumer.assign(&partition).unwrap();
    let mut offsets = Vec::new();
    while let Some(Ok(record)) = consumer.poll(PATIENCE) {
        offsets.push(record.offset());
    }
    offsets
}

// Seen to fail with the topic's policy not asked for: the holes are put down to transactions.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_compaction_took_are_recorded_as_such() {
    let topic = Topic { servers: kafka().await.bootstrap_servers(), name: "compacted".to_owned() };
    let settings = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("max.compaction.lag.ms", "100"),
    ];
    kafka().await.create_topic_with(&topic.name, 1, &settings).await.unwrap();
    let database = TestDatabase::create().await.unwrap();
    let publish = topic.clone();
    let publish = move || {
        let producer: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", &publish.servers).create().unwrap();
        for number in 0..100 {
            let key = if number % 10 == 0 { format!("{number}") } else { "again".to_owned() };
            let value = format!("value {number}");
            let record = BaseRecord::<str, str>::to(&publish.name).key(&key).payload(&value);
            producer.send(record).map_err(|(error, _)| error).unwrap();
            producer.flush(PATIENCE).unwrap();
            // A segment that is being written isn't compacted.
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    spawn_blocking(publish).await.unwrap();
    let looked_at = topic.clone();
    let offsets = wait_until("compaction", async || {
        let looked_at = looked_at.clone();
        let offsets = spawn_blocking(move || remaining(&looked_at)).await.unwrap();
        (offsets.len() < 60).then_some(offsets)
    })
    .await;
    let ledger = Ledger::open(&topic, &database).await;
    let ingest = Ingest::start(&topic, &database, "only");
    wait_until("the last record", async || {
        (ledger.one::<Option<i64>>("select max(record_offset) from events").await == offsets.last().copied())
            .then_some(())
    })
    .await;
    let reasons: Vec<String> = ledger.one("select array_agg(distinct reason) from offset_gaps").await;
    assert_eq!(reasons, ["compacted"]);
    assert_covered(&database).await;
    assert!(ingest.stop().await);
}
