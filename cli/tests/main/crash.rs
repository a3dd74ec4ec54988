//! Services that are killed at random, on real traffic.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rustix::process::Signal;
use testkit::{TestDatabase, wait_until};

use crate::service::{Service, database_environment};
use crate::topic::Topic;
use crate::truth::Truth;

const MESSAGES: usize = 100_000;
const KILLS: usize = 20;

// Seen to fail with the condition on next_offset taken out of append::advance (events doubled), with the Kafka offsets used
// as start positions (events lost), and with the cursor moved before the read models are written (statuses lost).
#[tokio::test(flavor = "multi_thread")]
async fn services_killed_at_random_20_times_lose_and_double_nothing() {
    let topic = Topic::create("crash", 20).await;
    let database = TestDatabase::create().await.unwrap();
    let truth = Truth::of_workload(7, MESSAGES);
    let environment = [
        database_environment(&database),
        topic.environment(),
        // Small batches, so that a kill finds one under way.
        vec![("INGEST_BATCH_RECORDS", "250".to_owned()), ("PROJECT_BATCH_EVENTS", "500".to_owned())],
    ]
    .concat();
    let mut ingest = Service::start("ingest", &environment);
    let mut project = Service::start("project", &environment);
    let mut random = ChaCha8Rng::seed_from_u64(20);
    for chunk in truth.values().chunks(MESSAGES / KILLS) {
        topic.publish(chunk.to_vec()).await;
        // Not a wait for anything: the moment is the random part.
        tokio::time::sleep(Duration::from_millis(random.random_range(0..400))).await;
        if random.random_bool(0.5) {
            ingest.kill().await;
            ingest = Service::start("ingest", &environment);
        } else {
            project.kill().await;
            project = Service::start("project", &environment);
        }
    }
    let client = database.client().await.unwrap();
    wait_until("everything is folded", async || {
        let row =
            client.query_one("select coalesce(sum(next_offset), 0)::bigint from cursors", &[]).await.unwrap();
        (row.get::<_, i64>(0) >= MESSAGES as i64).then_some(())
    })
    .await;
    truth.assert_stored(&client).await;
    for service in [ingest, project] {
        assert!(service.end_with(Signal::TERM).await.success(), "SIGTERM ends a service in order");
    }
}
