//! A database that is away, stands still, or takes nobody in any more, and what `serve` says meanwhile.

use std::time::{Duration, Instant};

use testkit::{TestDatabase, TestServer, wait_until};
use tokio::time::timeout;

use crate::served::{PREFIXES, Served};
use crate::traffic::TIMELINE;

/// Longer than any answer may take.
const DEADLINE: Duration = Duration::from_secs(11);

fn paths() -> Vec<String> {
    let of = |prefix: &str| {
        ["health", "payloads", "statuses", "stats", &format!("payloads/{TIMELINE}")]
            .map(|path| format!("{prefix}/{path}"))
    };
    PREFIXES.iter().flat_map(|prefix| of(prefix)).chain(["/health".to_owned()]).collect()
}

/// Asserts that all answers are 503 by the deadline, and that the process lives.
async fn assert_unavailable(served: &Served) {
    let asked = paths().into_iter().map(async |path| {
        let started_at = Instant::now();
        let answer = timeout(DEADLINE * 3, served.get(&path)).await.expect("it is answered");
        let limit = if path.ends_with("health") { Duration::from_secs(3) } else { DEADLINE };
        assert!(started_at.elapsed() < limit, "{path} took {:?}", started_at.elapsed());
        assert_eq!(answer.status, 503, "{path}: {}", answer.text);
        assert!(answer.header("retry-after").parse::<u64>().is_ok(), "{path} says when to come again");
        let (json, text) = (answer.json(), answer.text.to_lowercase());
        assert_eq!((&json["title"], &json["status"]), (&"Service Unavailable".into(), &503.into()));
        assert!(!text.contains("select") && !text.contains("postgres"), "the cause is for the log: {text}");
    });
    futures_util::future::join_all(asked).await;
    let live = reqwest::get(format!("http://127.0.0.1:{}/live", served.metrics_port)).await.unwrap();
    assert_eq!(live.status(), 200);
    // It is looked at from time to time, not with each request.
    wait_until("it says that it isn't ready", async || {
        let ready = reqwest::get(format!("http://127.0.0.1:{}/ready", served.metrics_port)).await.unwrap();
        (ready.status() == 503).then_some(())
    })
    .await;
}

async fn assert_healed(served: &Served) {
    wait_until("it answers again", async || (served.get("/health").await.status == 200).then_some(())).await;
    // There are no read models yet, and it can tell so.
    let answer = served.get("/api/v1/payloads").await;
    assert_eq!(answer.status, 503, "{}", answer.text);
}

async fn serve(server: &TestServer) -> Served {
    let served = Served::over(&server.database(), &[]);
    wait_until("it serves", async || served.try_get("/health").await.filter(|health| health.status == 200))
        .await;
    served
}

// Seen to fail (with a 500) with a missing connection taken for a bug of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_a_503() {
    let mut server = TestServer::start(&[]).await.unwrap();
    let served = serve(&server).await;
    server.crash().await.unwrap();
    assert_unavailable(&served).await;
    server.restart().await.unwrap();
    assert_healed(&served).await;
}

// Seen to fail without the time-outs of the pool and of requests.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stands_still_is_a_503_by_the_deadline() {
    let server = TestServer::start(&[]).await.unwrap();
    let served = serve(&server).await;
    server.freeze().unwrap();
    assert_unavailable(&served).await;
    server.thaw().unwrap();
    assert_healed(&served).await;
}

// Seen to fail (it stays ready) without the time-out of the look.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_while_readiness_is_looked_at_is_seen_to() {
    let server = TestServer::start(&[]).await.unwrap();
    let database = server.database();
    let served = serve(&server).await;
    let (mut holder, observer) = (database.client().await.unwrap(), database.client().await.unwrap());
    let transaction = holder.transaction().await.unwrap();
    transaction.batch_execute("lock table active_generation in access exclusive mode").await.unwrap();
    wait_until("it is being looked at", async || {
        let waiting = "select from pg_stat_activity where application_name = 'payload-tracker serve probe' and wait_event_type = 'Lock'";
        observer.query_opt(waiting, &[]).await.unwrap()
    })
    .await;
    server.freeze().unwrap();
    assert_unavailable(&served).await;
    server.thaw().unwrap();
    drop(transaction);
    assert_healed(&served).await;
}

// Seen to fail like the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_a_free_connection_is_a_503() {
    let server = TestServer::start(&[("max_connections", "12")]).await.unwrap();
    let database = server.database();
    let mut taken = Vec::new();
    while let Ok(client) = database.client().await {
        taken.push(client);
    }
    assert!(taken.len() > 5, "{} could be taken", taken.len());
    let served = Served::over(&database, &[]);
    wait_until("it listens", async || served.try_get("/").await).await;
    assert_unavailable(&served).await;
    drop(taken);
    assert_healed(&served).await;
}

// Seen to fail like the first.
#[tokio::test(flavor = "multi_thread")]
async fn the_start_waits_for_no_database() {
    let database = TestDatabase::create().await.unwrap();
    // Nothing listens on port 1.
    let served = Served::over(&database.through(1), &[]);
    wait_until("it listens", async || served.try_get("/").await).await;
    assert_unavailable(&served).await;
}
