//! Sockets: GraphQL over WebSocket, by the protocol `graphql-transport-ws`.

mod message;
mod operation;
mod session;
mod slot;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use self::slot::Slots;
use super::{Served, error, graphiql};
use crate::access::AccessPolicy;
use crate::client::Limiter;
use crate::config::{Origin, ServeArgs};
use crate::error::ApiError;
use crate::identity;

/// What is spoken.
const PROTOCOL: &str = "graphql-transport-ws";
/// As long as a body over HTTP may be.
const LONGEST_MESSAGE: usize = 64 * 1024;
/// Of what is read and written at once.
const BUFFER: usize = 8 * 1024;
/// As much of one connection's answers as may wait for its client, beyond what the kernel holds.
const MOST_UNSENT: usize = 16 * 1024 * 1024;
/// How long clients may take to close their end when the service stops.
const CLOSING: Duration = Duration::from_secs(5);

/// All connections, and what they may do.
pub(crate) struct Sockets {
    slots: Arc<Slots>,
    limiter: Arc<Limiter>,
    max_subscriptions: usize,
    init_timeout: Duration,
    longest_life: Duration,
    origins: Vec<Origin>,
    seats: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Sockets {
    pub(crate) fn new(args: &ServeArgs, limiter: Arc<Limiter>) -> Arc<Self> {
        Arc::new(Self {
            slots: Slots::new(args.graphql.max_sockets, args.graphql.max_client_sockets),
            limiter,
            max_subscriptions: usize::try_from(args.graphql.max_subscriptions.get()).unwrap_or(usize::MAX),
            init_timeout: args.graphql.init_timeout(),
            longest_life: args.graphql.longest_life(),
            origins: args.traffic.cors_allowed_origins.clone(),
            // The other half is left to those who ask over HTTP.
            seats: Arc::new(Semaphore::new((args.connections as usize / 2).max(1))),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// Closes all of them, and waits for the clients; not for long.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        drop(timeout(CLOSING, self.tasks.wait()).await);
    }

    fn seats(&self) -> Arc<Semaphore> {
        Arc::clone(&self.seats)
    }
}

/// The page for people; the socket where one is asked for.
pub(super) async fn page_or_socket(
    State(served): State<Served>,
    head: Parts,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => open(served, &head, upgrade).unwrap_or_else(|refused| *refused),
        Err(refused) if head.headers.contains_key(header::SEC_WEBSOCKET_KEY) => refused.into_response(),
        Err(_) => graphiql::page().await,
    }
}

fn open(served: Served, head: &Parts, upgrade: WebSocketUpgrade) -> Result<Response, Box<Response>> {
    let headers = &head.headers;
    let refused = |error: &ApiError| Box::new(error::refusal(error));
    if !is_from_here(headers, &served.sockets.origins) {
        return Err(refused(&ApiError::Forbidden));
    }
    let upgrade = upgrade.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Err(refused(&ApiError::BadRequest(format!("the protocol here is {PROTOCOL}"))));
    }
    // Who sends no header may say it in the first message.
    let is_named = headers.contains_key(identity::HEADER) || served.access == AccessPolicy::Open;
    let viewer =
        is_named.then(|| served.access.viewer(headers)).transpose().map_err(|error| refused(&error))?;
    let client = served.sockets.limiter.client(headers, &head.extensions);
    let slot = served.sockets.slots.take(client.clone()).map_err(|full| Box::new(full.into_response()))?;
    let task = served.sockets.tasks.token();
    let upgrade = upgrade
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(MOST_UNSENT);
    Ok(upgrade.on_upgrade(move |socket| async move {
        session::run(served, viewer, client, socket).await;
        drop((slot, task));
    }))
}

/// Whether it is a program that asks, or a page of ours, or of those who may.
fn is_from_here(headers: &HeaderMap, allowed: &[Origin]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    if origins.next().is_some() {
        return false;
    }
    allowed.iter().any(|one| one.0 == *origin) || is_same(origin, headers.get(header::HOST)).unwrap_or(false)
}

/// Whether a page is from the host that is asked.
fn is_same(origin: &HeaderValue, host: Option<&HeaderValue>) -> Option<bool> {
    let origin = Url::parse(origin.to_str().ok()?).ok()?;
    let here = Url::parse(&format!("{}://{}", origin.scheme(), host?.to_str().ok()?)).ok()?;
    Some(origin.has_host() && origin.origin() == here.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_origin_is_not_from_here_unless_it_is_named() {
        let allowed: [Origin; 1] = ["https://console.example".parse().unwrap()];
        let asked = |origins: &[&str], host: Option<&str>| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append(header::ORIGIN, origin.parse().unwrap());
            }
            if let Some(host) = host {
                headers.insert(header::HOST, host.parse().unwrap());
            }
            is_from_here(&headers, &allowed)
        };
        let here = Some("tracker.example:8080");
        for (origins, host) in [
            (&[][..], here),
            (&["http://tracker.example:8080"], here),
            (&["https://tracker.example:8080"], here),
            (&["https://console.example"], here),
            (&["https://tracker.example"], Some("tracker.example:443")),
        ] {
            assert!(asked(origins, host), "{origins:?}");
        }
        for (origins, host) in [
            (&["http://tracker.example"][..], here),
            (&["http://tracker.example:8080.evil.example"], here),
            (&["https://console.example.evil"], here),
            (&["null"], here),
            (&[""], here),
            (&["file:///"], here),
            (&["http://tracker.example:8080", "http://evil.example"], here),
            (&["http://tracker.example:8080"], None),
        ] {
            assert!(!asked(origins, host), "{origins:?}");
        }
    }
}
