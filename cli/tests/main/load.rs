//! Messages as large as a broker takes.

use testkit::{MessageBuilder, TestDatabase, wait_until};

use crate::ingest::Ingest;
use crate::topic::Topic;

const COUNT: usize = 400;
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
    let rows = client.query("select value from events", &[]).await.unwrap();
    let mut stored: Vec<Vec<u8>> = rows.iter().map(|row| row.get(0)).collect();
    stored.sort();
    let mut sent: Vec<Vec<u8>> = (0..COUNT).map(value).collect();
    sent.sort();
    assert!(stored == sent, "each is there, once and whole");
    assert!(ingest.stop().await);
}
