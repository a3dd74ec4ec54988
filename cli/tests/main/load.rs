//! Messages as large as a broker takes.

use testkit::{MessageBuilder, TestDatabase, wait_until};

use crate::ingest::Ingest;
use crate::topic::Topic;

const COUNT: usize = 150;
/// Just below what a broker takes by default.
const BYTES: usize = 990_000;
/// What a process may have resident at most, in MiB.
const MOST_MEMORY: u64 = 96;

// Seen to fail with batches that are cut by the number of records alone.
#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_megabyte_at_full_rate_fit_into_memory_and_are_kept_whole() {
    let (topic, database) = (Topic::create("large", 4).await, TestDatabase::create().await.unwrap());
    let client = database.client().await.unwrap();
    let value = |number: usize| {
        let request_id = format!("{number:032x}");
        MessageBuilder::new(&request_id).with("status_msg", "x".repeat(BYTES)).build()
    };
    topic.publish((0..COUNT).map(|number| Some(value(number))).collect()).await;
    let batch = ("INGEST_BATCH_RECORDS", String::new());
    let ingest = Ingest::start_with(&topic, &database, &[batch]);
    wait_until("all are appended", async || {
        let count: i64 = client.query_one("select count(*) from events", &[]).await.unwrap().get(0);
        (count >= COUNT as i64).then_some(())
    })
    .await;
    let peak = ingest.peak_memory();
    assert!(peak < MOST_MEMORY, "{peak} MiB");
    for number in 0..COUNT {
        let count = client.query_one("select count(*) from events where value = $1", &[&value(number)]).await;
        assert_eq!(count.unwrap().get::<_, i64>(0), 1, "{number} is there, once and whole");
    }
    assert!(ingest.stop().await);
}
