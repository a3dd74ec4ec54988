//! A service that ours ask, and that answers whatever it is told to.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What it answers.
#[derive(Clone, Debug)]
pub struct Said {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: String,
    /// How long it takes.
    pub after: Duration,
}

/// It listens on 127.0.0.1 until dropped.
#[derive(Debug)]
pub struct Upstream {
    url: String,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    said: Mutex<Said>,
    asked: Mutex<Vec<String>>,
}

impl Said {
    /// At once. Whatever the status, it points elsewhere.
    ///
    /// # Panics
    /// When it is no status.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).expect("a status has three digits");
        Self { status, body: body.into(), after: Duration::ZERO }
    }

    /// A link, as it should be.
    pub fn link(url: &str) -> Self {
        Self::new(200, serde_json::json!({ "url": url }).to_string())
    }
}

impl Upstream {
    /// Starts one that says this.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(said: Said) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/archive/url", listener.local_addr()?);
        let shared = Arc::new(Shared { said: Mutex::new(said), asked: Mutex::default() });
        let answering = shared.clone();
        let answer = move |request: Request| {
            lock(&answering.asked).push(request.uri().to_string());
            let Said { status, body, after } = lock(&answering.said).clone();
            async move {
                tokio::time::sleep(after).await;
                (status, [("location", "/elsewhere")], body)
            }
        };
        let mut server = JoinSet::new();
        server.spawn(async { drop(axum::serve(listener, Router::new().fallback(answer)).await) });
        Ok(Self { url, shared, _server: server })
    }

    /// Where it is asked for a link.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// It says this from now on, and forgets what it was asked.
    pub fn say(&self, said: Said) {
        *lock(&self.shared.said) = said;
        lock(&self.shared.asked).clear();
    }

    /// The paths that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared.asked).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
