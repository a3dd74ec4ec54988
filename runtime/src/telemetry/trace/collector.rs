//! The way to the collector of traces.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Request, Response};
use bytes::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::{Builder, Runtime};

use crate::tls;

/// For it to take a batch: the specification's default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Batches are sent from a thread of their own, outside the process's runtime: what it takes to wait there is brought along.
#[derive(Debug)]
pub(super) struct Collector {
    runtime: Runtime,
    client: HyperClient<HttpsConnector<HttpConnector>>,
}

impl Collector {
    /// Connects to nothing yet.
    pub(super) fn new() -> Result<Self, Box<dyn Error>> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::system_config()?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            runtime: Builder::new_current_thread().enable_all().build()?,
            client: HyperClient::new(connector, TIMEOUT, None),
        })
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.runtime.block_on(self.client.send_bytes(request))
    }
}
