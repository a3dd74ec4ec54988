//! The metrics that dashboards of older deployments read.

use testkit::{TestDatabase, wait_until};

use crate::served::{Served, scrape};
use crate::service::{Service, database_environment};
use crate::traffic::{QUARANTINED, STATUSES};
use crate::world::world;

/// In seconds.
const BUCKETS: [&str; 12] =
    ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];

fn assert_has(scraped: &str, line: &str) {
    assert!(scraped.lines().any(|known| known == line), "{line} is not in\n{scraped}");
}

fn assert_buckets(scraped: &str, name: &str) {
    let start = format!("{name}_bucket{{le=\"");
    let found: Vec<_> =
        scraped.lines().filter_map(|line| line.strip_prefix(&start)?.split('"').next()).collect();
    assert_eq!(found, BUCKETS, "{name}");
}

// Seen to fail with requests counted whatever their path.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_is_counted() {
    let served = Served::start(&[]).await;
    let asked = [
        "/",
        "/nope",
        "/health",
        "/api/v1/nope",
        "/api/v1/",
        "/api/v1/payloads/x/kibanaLink",
        "/api/v1/payloads",
        "/app/payload-tracker/api/v1/payloads",
        "/app/payload-tracker/api/v1/payloads?page=x",
    ];
    for path in asked {
        served.get(path).await;
    }
    let scraped = scrape(served.metrics_port).await;
    for line in [
        "payload_tracker_requests 5",
        "payload_tracker_responses{code=\"200\"} 3",
        "payload_tracker_responses{code=\"400\"} 2",
        "payload_tracker_api_invalid_request_IDs 1",
        "payload_tracker_http_requests_total{route=\"none\",method=\"GET\",code=\"404\"} 2",
    ] {
        assert_has(&scraped, line);
    }
    assert_buckets(&scraped, "payload_tracker_db_seconds");
    assert!(
        scraped.contains("payload_tracker_http_request_seconds_bucket{route=\"/api/v1/payloads\",le=\"10\"}")
    );
}

// Seen to fail with those that are closed left counted.
#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_counted_as_long_as_they_are_open() {
    let served = Served::start(&[]).await;
    let counted = async |number: u32| {
        let line = format!("payload_tracker_graphql_sockets {number}");
        wait_until(&line, async || {
            scrape(served.metrics_port).await.lines().any(|known| known == line).then_some(())
        })
        .await;
    };
    let open = [served.socket().await, served.socket().await];
    counted(2).await;
    drop(open);
    counted(0).await;
}

// Seen to fail with quarantined events counted as processed.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_ingested_and_folded_is_counted() {
    let world = world().await;
    assert_has(&world.ingested, &format!("payload_tracker_consumed_messages {}", STATUSES + QUARANTINED));
    assert_has(&world.projected, &format!("payload_tracker_messages_processed {STATUSES}"));
    assert_has(&world.projected, &format!("payload_tracker_message_process_errors {QUARANTINED}"));
    assert_has(&world.projected, "payload_tracker_consumer_invalid_request_IDs 1");
    assert_buckets(&world.projected, "payload_tracker_message_process_seconds");
    assert_has(
        &world.projected,
        &format!("payload_tracker_message_process_seconds_count {}", STATUSES + QUARANTINED),
    );
}

// Seen to fail with counters that are described and not counted.
#[tokio::test(flavor = "multi_thread")]
async fn counters_are_there_at_0_from_the_start() {
    let database = TestDatabase::create().await.unwrap().through(1);
    let of_each = [
        ("serve", &["requests", "api_invalid_request_IDs"][..]),
        ("ingest", &["consumed_messages", "consume_errors"]),
        ("project", &["messages_processed", "message_process_errors", "consumer_invalid_request_IDs"]),
    ];
    for (command, names) in of_each {
        let (port, metrics_port) = (embedded::free_port().unwrap(), embedded::free_port().unwrap());
        let ports = vec![("PUBLICPORT", port.to_string()), ("METRICSPORT", metrics_port.to_string())];
        let _service = Service::start(command, &[database_environment(&database), ports].concat());
        let last = format!("payload_tracker_{} 0", names[names.len() - 1]);
        let scraped = wait_until("it is counted from 0", async || {
            Some(scrape(metrics_port).await).filter(|scraped| scraped.contains(&last))
        })
        .await;
        for name in names {
            assert_has(&scraped, &format!("payload_tracker_{name} 0"));
        }
        for name in ["process_resident_memory_bytes", "process_start_time_seconds", "process_open_fds"] {
            assert!(scraped.contains(&format!("\n{name} ")), "{command} has no {name}");
        }
        let get = async |path: &str| {
            reqwest::get(format!("http://127.0.0.1:{metrics_port}{path}")).await.unwrap().status().as_u16()
        };
        assert_eq!((get("/").await, get("/live").await, get("/ready").await), (200, 200, 503), "{command}");
    }
}
