//! `serve` as a process, asked over a socket.

use reqwest::{Client, Method, redirect};
use testkit::{TestDatabase, wait_until};

use crate::answer::Answer;
use crate::case::{Case, Question};
use crate::service::{Service, database_environment};
use crate::world::world;

pub(crate) const PREFIXES: [&str; 2] = ["/api/v1", "/app/payload-tracker/api/v1"];

/// A running `serve`. It ends when dropped.
pub(crate) struct Served {
    pub(crate) port: u16,
    pub(crate) metrics_port: u16,
    client: Client,
    service: Service,
}

impl Served {
    /// Over the world, with more in its environment.
    pub(crate) async fn start(more: &[(&'static str, &str)]) -> Self {
        let served = Self::over(&world().await.database, more);
        wait_until("it serves", async || {
            served.try_get("/health").await.filter(|health| health.status == 200)
        })
        .await;
        served
    }

    /// Over any database, which may be away.
    pub(crate) fn over(database: &TestDatabase, more: &[(&'static str, &str)]) -> Self {
        let (port, metrics_port) = (embedded::free_port().unwrap(), embedded::free_port().unwrap());
        let ports = vec![("PUBLICPORT", port.to_string()), ("METRICSPORT", metrics_port.to_string())];
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let environment = [database_environment(database), ports, more].concat();
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { port, metrics_port, client, service: Service::start("serve", &environment) }
    }

    /// Asserts that every case holds, and names the sentences that don't.
    pub(crate) async fn hold(&self, cases: Vec<Case>) {
        let mut broken = Vec::new();
        for case in &cases {
            assert!(!case.questions.is_empty(), "{} asks nothing", case.sentence);
            for question in &case.questions {
                for path in question.paths() {
                    let answer = self.ask(&question.method, &path, &question.headers).await;
                    let missed = question.missed(&answer);
                    if !missed.is_empty() {
                        let start: String = answer.text.chars().take(600).collect();
                        broken.push(format!(
                            "{}\n  {} {path}\n  expected: {}\n  came: {} {start}",
                            case.sentence,
                            question.method,
                            missed.join("; "),
                            answer.status,
                        ));
                    }
                }
            }
        }
        assert!(
            broken.is_empty(),
            "{} answers break the contract:\n\n{}\n",
            broken.len(),
            broken.join("\n\n")
        );
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(&Method::GET, path, &[]).await
    }

    pub(crate) async fn ask(&self, method: &Method, path: &str, headers: &[(&str, String)]) -> Answer {
        self.try_ask(method, path, headers).await.unwrap_or_else(|| panic!("{path} is answered"))
    }

    pub(crate) async fn try_get(&self, path: &str) -> Option<Answer> {
        self.try_ask(&Method::GET, path, &[]).await
    }

    /// An answer whose body is still to come.
    pub(crate) async fn begin(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("http://127.0.0.1:{}{path}", self.port)).send().await.unwrap()
    }

    /// A WebSocket, open as long as this is there.
    pub(crate) async fn socket(&self) -> reqwest::Upgraded {
        let request = self.client.get(format!("http://127.0.0.1:{}/graphql", self.port));
        let request = request.header("connection", "upgrade").header("upgrade", "websocket");
        let request = request
            .header("sec-websocket-version", "13")
            .header("sec-websocket-protocol", "graphql-transport-ws");
        let response = request.header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==").send().await.unwrap();
        response.upgrade().await.unwrap()
    }

    /// The most MiB that the process had resident so far.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.service.peak_memory()
    }

    async fn try_ask(&self, method: &Method, path: &str, headers: &[(&str, String)]) -> Option<Answer> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let request = self.client.request(method.clone(), url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.ok()?;
        Some(Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() })
    }
}

impl Question {
    fn paths(&self) -> Vec<String> {
        if self.is_at_root {
            return vec![self.path.clone()];
        }
        PREFIXES.iter().map(|prefix| format!("{prefix}{}", self.path)).collect()
    }
}

/// The metrics of a process.
pub(crate) async fn scrape(port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}/metrics");
    wait_until("the metrics are told", async || reqwest::get(&url).await.ok()?.text().await.ok()).await
}
