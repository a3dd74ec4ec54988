//! Sessions: what a client says over one connection, and what it is told.

use std::collections::HashMap;
use std::time::Duration;

use async_graphql::{Request, ServerError};
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use axum::http::{HeaderMap, HeaderValue};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use metrics::counter;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tracing::error;

use super::message::{Close, FromClient, ToClient};
use super::operation::{self, Ended};
use crate::access::Viewer;
use crate::client::Client;
use crate::error::ApiError;
use crate::graphql::Served;
use crate::graphql::error::{code, coded};
use crate::{identity, metric};

/// Messages that wait to be sent, of all subscriptions of a connection.
const QUEUE: usize = 8;
/// How often a client is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// How long it may say nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// How long it may take to take what is left, once the connection is being closed.
const CLOSING: Duration = Duration::from_secs(20);
/// How long it may then take to close its end.
const LINGER: Duration = Duration::from_secs(1);

/// What is known of a client.
struct Session {
    served: Served,
    /// Who it is, once that is known.
    viewer: Option<Viewer>,
    /// Who opened the connection: nobody vouches for what is said over it.
    client: Client,
    is_acknowledged: bool,
    outgoing: mpsc::Sender<Message>,
    operations: JoinSet<Ended>,
    ids: HashMap<String, AbortHandle>,
    heard_at: Instant,
}

/// Serves a client until either end closes.
pub(super) async fn run(served: Served, viewer: Option<Viewer>, client: Client, socket: WebSocket) {
    let (sink, mut messages) = socket.split();
    let (outgoing, queue) = mpsc::channel(QUEUE);
    let session = Session {
        served,
        viewer,
        client,
        is_acknowledged: false,
        outgoing: outgoing.clone(),
        operations: JoinSet::new(),
        ids: HashMap::new(),
        heard_at: Instant::now(),
    };
    let writing = write(sink, queue);
    tokio::pin!(writing);
    let close = tokio::select! {
        close = session.listen(&mut messages) => close,
        // It takes nothing any more, or is gone.
        () = &mut writing => None,
    };
    let Some(close) = close else { return };
    counter!(metric::SOCKETS_CLOSED, "code" => close.0.to_string()).increment(1);
    // After what is before it.
    let last = async move { drop(outgoing.send(close.into()).await) };
    let closed = timeout(CLOSING, async { tokio::join!(last, writing) }).await;
    if closed.is_ok() {
        // Left at once, what is still on its way to the client would be lost.
        let rest = async { while let Some(Ok(_)) = messages.next().await {} };
        drop(timeout(LINGER, rest).await);
    }
}

/// Sends what waits, as long as there is somebody to have it sent: what waits together is sent together.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Message>) {
    while let Some(message) = queue.recv().await {
        let mut sent = sink.feed(message).await;
        while let (Ok(()), Ok(message)) = (&sent, queue.try_recv()) {
            sent = sink.feed(message).await;
        }
        if sent.is_err() || sink.flush().await.is_err() {
            return;
        }
    }
}

impl Session {
    /// Listens until the connection is to be closed, and gives why; nothing where it is closed already.
    async fn listen(mut self, messages: &mut SplitStream<WebSocket>) -> Option<Close> {
        let stop = self.served.sockets.stop.clone();
        let init_until = self.heard_at + self.served.sockets.init_timeout;
        let old_at = self.heard_at + self.served.sockets.longest_life;
        let mut pings = interval_at(self.heard_at + PING, PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let close = tokio::select! {
                message = messages.next() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => return None,
                },
                Some(ended) = self.operations.join_next_with_id() => self.end(ended).await,
                () = sleep_until(old_at) => Some(Close::TOO_OLD),
                () = sleep_until(init_until), if !self.is_acknowledged => Some(Close::INIT_TIMEOUT),
                _ = pings.tick() => self.ping(),
                () = stop.cancelled() => Some(Close::GOING_AWAY),
            };
            if close.is_some() {
                return close;
            }
        }
    }

    fn ping(&self) -> Option<Close> {
        // Who has something to take first is there or isn't: its connection tells.
        self.outgoing.try_send(Message::Ping(Bytes::new())).ok()?;
        (self.heard_at.elapsed() > SILENCE).then_some(Close::SILENT)
    }

    async fn hear(&mut self, message: Message) -> Option<Close> {
        self.heard_at = Instant::now();
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
            Message::Binary(_) => return Some(Close::INVALID),
        };
        let Ok(said) = serde_json::from_str(&text) else { return Some(Close::INVALID) };
        match said {
            FromClient::ConnectionInit { payload } => self.init(payload).await,
            FromClient::Ping {} => self.tell(ToClient::Pong {}.message()).await,
            FromClient::Pong {} => None,
            FromClient::Subscribe { id, payload } => self.subscribe(id, *payload).await,
            FromClient::Complete { id } => {
                if let Some(operation) = self.ids.remove(&id) {
                    operation.abort();
                }
                None
            }
        }
    }

    async fn init(&mut self, payload: Option<Value>) -> Option<Close> {
        if self.is_acknowledged {
            return Some(Close::INIT_AGAIN);
        }
        if self.viewer.is_none() {
            match self.served.access.viewer(&named(payload.as_ref())) {
                Ok(viewer) => self.viewer = Some(viewer),
                Err(ApiError::Forbidden) => return Some(Close::FORBIDDEN),
                Err(_) => return Some(Close::UNAUTHORIZED),
            }
        }
        self.is_acknowledged = true;
        self.tell(ToClient::ConnectionAck {}.message()).await
    }

    async fn subscribe(&mut self, id: String, request: Request) -> Option<Close> {
        let (Some(viewer), true) = (self.viewer.clone(), self.is_acknowledged) else {
            return Some(Close::UNAUTHORIZED);
        };
        if self.ids.contains_key(&id) {
            return Some(Close::ID_TAKEN);
        }
        let most = self.served.sockets.max_subscriptions;
        if self.ids.len() >= most {
            let message = format!("a connection has at most {most} subscriptions at once");
            return self.refuse(&id, message, code::TOO_MANY_SUBSCRIPTIONS).await;
        }
        if let Err(refused) = self.served.sockets.limiter.check(&self.client) {
            return self.refuse(&id, refused.to_string(), code::TOO_MANY_REQUESTS).await;
        }
        let (served, outgoing) = (self.served.clone(), self.outgoing.clone());
        let operation = operation::run(served, viewer, (id.clone(), request), outgoing);
        let handle = self.operations.spawn(operation);
        self.ids.insert(id, handle);
        None
    }

    /// Tells that one is over: its client may use its id again, and may have where it ended it itself.
    async fn end(&mut self, ended: Result<(Id, Ended), JoinError>) -> Option<Close> {
        let task = ended.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        let id = self.ids.iter().find(|(_, operation)| operation.id() == task)?.0.clone();
        self.ids.remove(&id);
        match ended {
            Ok((_, Ended::Complete)) => self.tell(ToClient::Complete { id: &id }.message()).await,
            Ok((_, Ended::Refused(refusal))) => self.tell(refusal).await,
            Ok((_, Ended::Slow)) => {
                self.tell(ToClient::Complete { id: &id }.message()).await;
                Some(Close::SLOW)
            }
            Ok((_, Ended::Unheard)) => None,
            Err(_) => {
                error!("an operation made the service panic");
                self.refuse(&id, ApiError::Internal.to_string(), code::INTERNAL).await
            }
        }
    }

    async fn refuse(&self, id: &str, message: String, code: &'static str) -> Option<Close> {
        let errors = [coded(ServerError::new(message, None), code)];
        self.tell(ToClient::Error { id, payload: &errors }.message()).await
    }

    async fn tell(&self, message: Message) -> Option<Close> {
        // Whoever takes nothing any more is seen by what writes.
        drop(self.outgoing.send(message).await);
        None
    }
}

/// What a client says of itself, as if it were the header of the same name.
fn named(payload: Option<&Value>) -> HeaderMap {
    let given = payload.and_then(|payload| payload.get(identity::HEADER)).and_then(Value::as_str);
    let value = given.and_then(|given| HeaderValue::from_str(given).ok());
    value.into_iter().map(|value| (axum::http::HeaderName::from_static(identity::HEADER), value)).collect()
}
