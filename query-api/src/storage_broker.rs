//! storage-broker: the service that keeps the archives and gives links to them.

use std::time::Duration;

use axum::http::{StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use thiserror::Error;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::ServeError;
use crate::config::{ArchiveArgs, WebUrl};

/// A link is short.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The way to it. It follows no redirects, for whoever answers can't be known to be storage-broker then.
#[derive(Debug)]
pub(crate) struct StorageBroker {
    url: WebUrl,
    timeout: Duration,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

/// Why there is no answer that could be used. It never holds a text of storage-broker's.
#[derive(Debug, Error)]
pub(crate) enum BrokerError {
    #[error("storage-broker can't be asked")]
    Request(#[from] hyper_util::client::legacy::Error),
    #[error("storage-broker doesn't answer in time")]
    Timeout(#[from] Elapsed),
    #[error("storage-broker answered with status {0}")]
    Status(StatusCode),
    #[error("storage-broker's answer broke off, or is too long")]
    Body,
    #[error("storage-broker's answer isn't JSON with a link in it")]
    Shape,
    #[error("storage-broker's link doesn't lead to the web")]
    Link,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    url: Option<String>,
}

impl StorageBroker {
    /// Connects to nothing yet.
    pub(crate) fn new(args: &ArchiveArgs) -> Result<Self, ServeError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(runtime::tls::system_config()?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            url: args.storage_broker_url.clone(),
            timeout: args.timeout(),
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// The link to the archive of an id, in the form that storage-broker knows it by; `None` when it has none.
    pub(crate) async fn link(&self, id: &str) -> Result<Option<String>, BrokerError> {
        timeout(self.timeout, self.ask(id)).await?
    }

    async fn ask(&self, id: &str) -> Result<Option<String>, BrokerError> {
        let mut url = self.url.url().clone();
        url.query_pairs_mut().append_pair("request_id", id);
        let uri: Uri = url.as_str().parse().map_err(|_| BrokerError::Link)?;
        let response = self.client.get(uri).await?;
        match response.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            status if !status.is_success() => return Err(BrokerError::Status(status)),
            _ => {}
        }
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map_err(|_| BrokerError::Body)?.to_bytes();
        if body.is_empty() {
            return Ok(None);
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| BrokerError::Shape)?;
        match answer.url.filter(|url| !url.is_empty()) {
            Some(link) if link.parse::<WebUrl>().is_err() => Err(BrokerError::Link),
            link => Ok(link),
        }
    }
}
