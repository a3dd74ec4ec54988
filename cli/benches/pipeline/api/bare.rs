//! The limit: a handler that answers with the same text each time, of the length of a usual page.

use std::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A bare server, until it is dropped.
pub(super) struct Bare {
    address: SocketAddr,
    _server: JoinSet<std::io::Result<()>>,
}

impl Bare {
    pub(super) async fn serve(length: usize) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/", get(move || async move { "a".repeat(length) }));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, _server: server })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}
