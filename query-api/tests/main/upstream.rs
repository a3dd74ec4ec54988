//! A service that the API asks, and that answers whatever it is told to.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What it answers.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) location: &'static str,
    pub(crate) body: String,
    pub(crate) after: Duration,
}

/// It ends when dropped.
pub(crate) struct Upstream {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl Said {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, location: "/elsewhere", body: body.into(), after: Duration::ZERO }
    }

    /// A link, as it should be.
    pub(crate) fn link(url: &str) -> Self {
        Self::new(200, serde_json::json!({ "url": url }).to_string())
    }
}

impl Upstream {
    pub(crate) async fn start(said: Said) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/archive/url", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let answer = move |request: Request| async move {
            log.lock().unwrap().push(request.uri().to_string());
            tokio::time::sleep(said.after).await;
            (StatusCode::from_u16(said.status).unwrap(), [("location", said.location)], said.body)
        };
        let mut server = JoinSet::new();
        server.spawn(async { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
        Self { url, asked, _server: server }
    }

    /// The paths that it was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
