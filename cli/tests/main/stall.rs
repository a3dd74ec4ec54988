//! A database that stalls: ingestion waits, keeps its place in the group, and goes on.

use testkit::{TestDatabase, wait_until};

use crate::service::{Service, database_environment};
use crate::topic::Topic;
use crate::truth::Truth;

const MESSAGES: usize = 20_000;

// Seen to fail (the rest never comes) with the partitions left paused at the end of Consumer::hand_over.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_on_the_log_holds_ingestion_up_and_loses_nothing() {
    let topic = Topic::create("stall", 4).await;
    let database = TestDatabase::create().await.unwrap();
    let (client, mut locker) = (database.client().await.unwrap(), database.client().await.unwrap());
    let truth = Truth::of_workload(11, MESSAGES);
    // Small batches: the channel is full long before the topic is read.
    let batches = vec![("INGEST_BATCH_RECORDS", "100".to_owned())];
    let environment = [database_environment(&database), topic.environment(), batches].concat();
    let services = ["ingest", "project"].map(|name| Service::start(name, &environment));
    let mut values = truth.values();
    let rest = values.split_off(MESSAGES / 100);
    topic.publish(values).await;
    wait_until("ingestion runs", async || (events(&client).await > 0).then_some(())).await;

    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table events in access exclusive mode").await.unwrap();
    topic.publish(rest).await;
    // Longer than the consumer's patience, so that it pauses.
    let waiting =
        "select from pg_stat_activity where datname = current_database() and application_name like '%ingest'
        and wait_event_type = 'Lock' and now() - query_start > interval '4 seconds'";
    wait_until("ingestion has waited for a while", async || {
        (!client.query(waiting, &[]).await.unwrap().is_empty()).then_some(())
    })
    .await;
    lock.rollback().await.unwrap();

    wait_until("everything is folded", async || {
        let folded = client
            .query_one("select coalesce(sum(next_offset), 0)::bigint from freshness", &[])
            .await
            .unwrap();
        (folded.get::<_, i64>(0) >= i64::try_from(MESSAGES).unwrap()).then_some(())
    })
    .await;
    truth.assert_stored(&client).await;
    drop(services);
}

async fn events(client: &tokio_postgres::Client) -> i64 {
    client.query_one("select count(*) from events", &[]).await.unwrap().get(0)
}
