//! A client that speaks `graphql-transport-ws`.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Response, header};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Map, Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Ample, for machines are shared: who waits this long waits in vain.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Message(Value),
    Closed(u16),
    /// Without a word.
    Gone,
}

impl Client {
    /// One that is connected, and has said nothing.
    pub(crate) async fn open(address: SocketAddr, headers: &[(&str, &str)]) -> Self {
        Self::try_open(address, headers).await.unwrap_or_else(|refused| panic!("{}", refused.status()))
    }

    /// The same, or why it isn't.
    pub(crate) async fn try_open(
        address: SocketAddr,
        headers: &[(&str, &str)],
    ) -> Result<Self, Response<Option<Vec<u8>>>> {
        Self::try_open_on(TcpSocket::new_v4().unwrap(), address, headers).await
    }

    pub(crate) async fn try_open_on(
        socket: TcpSocket,
        address: SocketAddr,
        headers: &[(&str, &str)],
    ) -> Result<Self, Response<Option<Vec<u8>>>> {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).unwrap();
            request.headers_mut().insert(name, HeaderValue::try_from(*value).unwrap());
        }
        let stream = socket.connect(address).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(refused)) => Err(*refused),
            Err(error) => panic!("{error}"),
        }
    }

    /// One that may ask.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::connect_with(address, &[]).await
    }

    pub(crate) async fn connect_with(address: SocketAddr, headers: &[(&str, &str)]) -> Self {
        let mut client = Self::open(address, headers).await;
        client.init(json!({})).await;
        client
    }

    pub(crate) async fn init(&mut self, payload: Value) {
        self.say(&json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(self.told().await, Told::Message(json!({"type": "connection_ack"})));
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.send(&message.to_string()).await;
    }

    pub(crate) async fn send(&mut self, text: &str) {
        // Whoever is closed already is told when it listens.
        drop(self.socket.send(Message::text(text)).await);
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    /// What comes next.
    pub(crate) async fn told(&mut self) -> Told {
        timeout(DEADLINE, self.told_at_last()).await.expect("something is told within a minute")
    }

    /// Whether nothing is told for so long.
    pub(crate) async fn hears_nothing_for(&mut self, duration: Duration) -> Result<(), Told> {
        timeout(duration, self.told_at_last()).await.map_or(Ok(()), Err)
    }

    async fn told_at_last(&mut self) -> Told {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    // News that were not asked for, as `Progress` on a busy machine.
                    let data = message["payload"]["data"].as_object();
                    let is_other = |data: &Map<String, Value>| data.values().all(|news| *news == json!({}));
                    if !data.is_some_and(is_other) {
                        return Told::Message(message);
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return frame.map_or(Told::Gone, |frame| Told::Closed(frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Told::Gone,
            }
        }
    }

    /// The data of the next answer.
    pub(crate) async fn data(&mut self) -> Value {
        match self.told().await {
            Told::Message(message) => {
                assert!(message["type"] == "next" && message["payload"]["errors"].is_null(), "{message}");
                message["payload"]["data"].clone()
            }
            told => panic!("{told:?}"),
        }
    }

    /// The code of the error that is told next.
    pub(crate) async fn error(&mut self) -> String {
        match self.told().await {
            Told::Message(message) if message["type"] == "error" => {
                message["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()
            }
            told => panic!("{told:?}"),
        }
    }

    /// Takes the next message, which says that one is over.
    pub(crate) async fn is_complete(&mut self, id: &str) {
        assert_eq!(self.told().await, Told::Message(json!({"type": "complete", "id": id})));
    }
}
