//! Answers of any size, in bounded memory.

use testkit::{MessageBuilder, TestDatabase, append_events, create_stream, wait_until};

use crate::served::Served;
use crate::traffic::TIMELINE;

const STATUSES: usize = 30_000;
const BYTES_OF_EACH: usize = 4_000;
/// What the process may have resident at most, in MiB: much less than the answer.
const MOST_MEMORY: u64 = 72;

/// One payload with very many statuses. Folding as many is no subject here: all but one are made by hand.
async fn payload_of_many() -> TestDatabase {
    let database = TestDatabase::create().await.unwrap();
    let client = database.client().await.unwrap();
    let stream = create_stream(&client, "topic", 0).await.unwrap();
    let message = MessageBuilder::new(TIMELINE).with("status_msg", "x".repeat(BYTES_OF_EACH));
    append_events(&client, stream, &[Some(message.build())]).await.unwrap();
    let pool = database.pool(&projector::pool_options()).unwrap();
    let shape = projector::Shape { request_id_length: 32, shard_count: 1 };
    let generation = projector::find_or_create(&pool, shape).await.unwrap();
    projector::step(&pool, generation, 1).await.unwrap();
    let sql = "-- size::multiply
        with counted as (update projection_1.payloads set status_count = $1)
        insert into projection_1.statuses
            (id, date, created_at, record_offset, stream_id, request_id, service, source, status, status_msg)
        select number, date + number * interval '1 ms', created_at, number, stream_id, request_id,
            'service-' || number % 7, 'inventory', status, status_msg
        from projection_1.statuses, generate_series(2, $1::bigint) as number";
    client.execute(sql, &[&i64::try_from(STATUSES).unwrap()]).await.unwrap();
    database
}

// Seen to fail (at 179 MiB) with the statuses collected before the first is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_payload_of_very_many_statuses_is_sent_in_bounded_memory() {
    let database = payload_of_many().await;
    let served = Served::over(&database, &[]);
    wait_until("it serves", async || served.try_get("/health").await.filter(|health| health.status == 200))
        .await;
    for query in ["", "?sort_by=service&sort_dir=asc&verbosity=1&parts=true"] {
        let mut answer = served.begin(&format!("/api/v1/payloads/{TIMELINE}{query}")).await;
        let (mut bytes, mut objects, mut end) = (0, 0, Vec::new());
        while let Some(chunk) = answer.chunk().await.unwrap() {
            bytes += chunk.len();
            objects += chunk.iter().filter(|byte| **byte == b'{').count();
            end = chunk.to_vec();
        }
        assert!(bytes > STATUSES * BYTES_OF_EACH && end.ends_with(b"\"}}"), "{bytes} bytes");
        assert_eq!(objects, STATUSES + 2, "its statuses, the durations, and the whole");
    }
    let peak = served.peak_memory();
    assert!(peak < MOST_MEMORY, "{peak} MiB");
}
