//! Those who listen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

/// For all of them to be listening.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whether more comes than should.
const AFTERWARDS: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An item that came.
pub(super) struct Heard {
    pub(super) number: i64,
    pub(super) at: Instant,
}

/// All of them, on a thread of their own.
pub(super) struct Listeners {
    services: Vec<String>,
    count: usize,
    heard: Arc<AtomicUsize>,
    stop: CancellationToken,
    thread: thread::JoinHandle<Result<Vec<Heard>>>,
}

impl Listeners {
    /// Each listens to the next of the services. They are all listening when this returns.
    pub(super) async fn start(url: &str, count: usize, services: Vec<String>) -> Result<Self> {
        ensure!(!services.is_empty(), "there are no services to listen to");
        let (heard, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let (ready, mut listening) = mpsc::channel(count);
        let listen = {
            let url = format!("{}/graphql", url.replace("http://", "ws://"));
            let (services, heard, stop) = (services.clone(), heard.clone(), stop.clone());
            async move {
                // Not all at the same moment: how fast connections are made isn't measured.
                let doors = Arc::new(Semaphore::new(20));
                let mut listeners = JoinSet::new();
                for number in 0..count {
                    let service = services[number % services.len()].clone();
                    let (url, doors, ready) = (url.clone(), doors.clone(), ready.clone());
                    let (heard, stop) = (heard.clone(), stop.clone());
                    listeners.spawn(async move {
                        let door = doors.acquire().await?;
                        let socket = subscribe(&url, &service).await?;
                        drop(door);
                        ready.send(()).await?;
                        listen(socket, &heard, &stop).await
                    });
                }
                drop(ready);
                let mut all = Vec::new();
                while let Some(one) = listeners.join_next().await {
                    all.extend(one??);
                }
                Ok(all)
            }
        };
        let thread = thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(listen)
        });
        for _ in 0..count {
            let next = timeout(PATIENCE, listening.recv()).await.context("not all listen in time")?;
            next.context("a listener was refused")?;
        }
        Ok(Self { services, count, heard, stop, thread })
    }

    /// How many listen to a service.
    pub(super) fn count_of(&self, service: &str) -> usize {
        let Some(at) = self.services.iter().position(|one| one == service) else { return 0 };
        (at..self.count).step_by(self.services.len()).count()
    }

    /// What they heard, once it is as much as is expected; and no more.
    pub(super) async fn finish(self, expected: usize, patience: Duration) -> Result<Vec<Heard>> {
        let all = async {
            while self.heard.load(Ordering::Relaxed) < expected && !self.thread.is_finished() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let in_time = timeout(patience, all).await;
        sleep(AFTERWARDS).await;
        self.stop.cancel();
        let heard = self.thread.join().map_err(|_| anyhow::anyhow!("the listeners' thread broke"))??;
        in_time.with_context(|| format!("{} of {expected} items came in time", heard.len()))?;
        ensure!(heard.len() == expected, "{} items came, and not {expected}", heard.len());
        Ok(heard)
    }
}

/// Says who it is, and what it wants to hear of; and waits until it is listened to.
async fn subscribe(url: &str, service: &str) -> Result<Socket> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let (mut socket, _) = connect_async(request).await?;
    send(&mut socket, &json!({"type": "connection_init"})).await?;
    let acknowledged = next(&mut socket).await?.context("it was closed")?;
    ensure!(acknowledged["type"] == "connection_ack", "{acknowledged}");
    let query = "subscription($service: String!) { statuses(filter: {service: {eq: $service}}) {
        ... on NewStatus { status { number } } ... on Resync { reason } } }";
    let payload = json!({"query": query, "variables": {"service": service}});
    send(&mut socket, &json!({"type": "subscribe", "id": "1", "payload": payload})).await?;
    // What is answered first comes after the subscription was taken.
    let here = json!({"query": "{ freshness { cursor } }"});
    send(&mut socket, &json!({"type": "subscribe", "id": "2", "payload": here})).await?;
    while next(&mut socket).await?.context("it was closed")?["id"] != "2" {}
    Ok(socket)
}

async fn listen(mut socket: Socket, heard: &AtomicUsize, stop: &CancellationToken) -> Result<Vec<Heard>> {
    let mut all = Vec::new();
    while let Some(answer) = stop.run_until_cancelled(next(&mut socket)).await {
        let (at, answer) = (Instant::now(), answer?.context("it was closed")?);
        match (answer["type"].as_str(), answer["payload"]["data"]["statuses"]["status"]["number"].as_i64()) {
            (Some("next"), Some(number)) => {
                all.push(Heard { number, at });
                heard.fetch_add(1, Ordering::Relaxed);
            }
            (Some("complete"), None) if answer["id"] == "2" => {}
            _ => bail!("a listener was told: {answer}"),
        }
    }
    Ok(all)
}

async fn send(socket: &mut Socket, what: &Value) -> Result<()> {
    Ok(socket.send(Message::text(what.to_string())).await?)
}

/// What comes next; pings are answered along the way.
async fn next(socket: &mut Socket) -> Result<Option<Value>> {
    while let Some(message) = socket.next().await {
        match message? {
            Message::Text(text) => {
                let answer: Value = serde_json::from_str(&text)?;
                if answer["type"] != "ping" {
                    return Ok(Some(answer));
                }
                send(socket, &json!({"type": "pong"})).await?;
            }
            Message::Close(frame) => bail!("it was closed: {frame:?}"),
            _ => {}
        }
    }
    Ok(None)
}
