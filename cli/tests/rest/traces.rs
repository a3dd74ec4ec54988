//! What is told to a collector of traces, and what isn't.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use testkit::wait_until;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::served::Served;
use crate::service::{command, database_environment};
use crate::traffic::TIMELINE;
use crate::world::world;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Somebody who takes traces, until it is dropped.
struct Collector {
    url: String,
    taken: Arc<Mutex<Vec<u8>>>,
    _server: JoinSet<std::io::Result<()>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let take = {
            let taken = taken.clone();
            async move |body: Bytes| taken.lock().unwrap().extend_from_slice(&body)
        };
        let mut server = JoinSet::new();
        server.spawn(axum::serve(listener, Router::new().route("/v1/traces", post(take))).into_future());
        Self { url, taken, _server: server }
    }

    /// Text stands in the protocol as it is.
    fn has(&self, what: &[u8]) -> bool {
        self.taken.lock().unwrap().windows(what.len()).any(|window| window == what)
    }
}

// Seen to fail without the parent; and with the path for the route.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_traced_with_its_statements_and_names_nobody() {
    let collector = Collector::start().await;
    let served = Served::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("LOGLEVEL", "error"),
    ])
    .await;
    let identity = BASE64_STANDARD
        .encode(r#"{"identity":{"type":"Associate","associate":{"email":"somebody@example.com"}}}"#);
    let headers =
        [("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01")), ("x-rh-identity", identity.clone())];
    let path = format!("/api/v1/payloads/{TIMELINE}?verbosity=0&stray=secret");
    assert_eq!(served.ask(&Method::GET, &path, &headers).await.status, 200);
    wait_until("it is told", async || collector.has(b"status::brief_timeline").then_some(())).await;
    wait_until("its request is told", async || {
        collector.has(b"GET /api/v1/payloads/{request_id}").then_some(())
    })
    .await;
    let trace: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&TRACE[2 * at..][..2], 16).unwrap()).collect();
    assert!(collector.has(&trace), "it goes on with the trace that whoever asked has begun");
    assert!(collector.has(b"payload-tracker"), "it says which service it is");
    for secret in [TIMELINE, &identity, "somebody", "stray", "select "] {
        assert!(!collector.has(secret.as_bytes()), "{secret}");
    }
}

// Seen to fail without the logs of OpenTelemetry's own crates.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_is_told_of() {
    let (port, nobody) = (embedded::free_port().unwrap(), embedded::free_port().unwrap());
    let more = vec![
        ("PUBLICPORT", port.to_string()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{nobody}")),
        ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
    ];
    let environment = [database_environment(&world().await.database), more].concat();
    let mut serve = command("serve", &environment).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(serve.stderr.take().unwrap()).lines();
    wait_until("it serves", async || {
        reqwest::get(format!("http://127.0.0.1:{port}/health"))
            .await
            .ok()
            .filter(|health| health.status() == 200)
    })
    .await;
    let is_told = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("BatchSpanProcessor.ExportError") {
                return;
            }
        }
        panic!("it ended");
    };
    timeout(Duration::from_secs(30), is_told).await.expect("it is told of");
}
