//! Messages of `graphql-transport-ws`.

use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::{CloseFrame, Message};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Value>,
    },
    Ping {},
    Pong {},
    Subscribe {
        id: String,
        payload: Box<Request>,
    },
    Complete {
        id: String,
    },
}

/// What it is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToClient<'a> {
    ConnectionAck {},
    Pong {},
    Next { id: &'a str, payload: &'a Response },
    Error { id: &'a str, payload: &'a [ServerError] },
    Complete { id: &'a str },
}

/// Why a connection is closed. The codes below 4500 are the protocol's; its clients take 4500 for a reason not to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Close(pub(super) u16, pub(super) &'static str);

impl Close {
    pub(super) const GOING_AWAY: Self = Self(1001, "the service stops");
    pub(super) const TOO_OLD: Self = Self(1001, "the connection is as old as one may be");
    pub(super) const INVALID: Self = Self(4400, "that is no message of graphql-transport-ws");
    pub(super) const UNAUTHORIZED: Self = Self(4401, "Unauthorized");
    pub(super) const FORBIDDEN: Self = Self(4403, "Forbidden");
    pub(super) const INIT_TIMEOUT: Self = Self(4408, "Connection initialisation timeout");
    pub(super) const ID_TAKEN: Self = Self(4409, "a subscription has this id already");
    pub(super) const INIT_AGAIN: Self = Self(4429, "Too many initialisation requests");
    pub(super) const SILENT: Self = Self(4502, "nothing was heard");
    pub(super) const SLOW: Self = Self(4501, "what was told was taken too slowly");
}

impl ToClient<'_> {
    pub(super) fn message(&self) -> Message {
        Message::text(serde_json::to_string(self).expect("answers are JSON"))
    }
}

impl From<Close> for Message {
    fn from(Close(code, reason): Close) -> Self {
        Self::Close(Some(CloseFrame { code, reason: reason.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_protocol() {
        let said = |text: &str| serde_json::from_str::<FromClient>(text);
        assert!(matches!(
            said(r#"{"type":"connection_init"}"#),
            Ok(FromClient::ConnectionInit { payload: None })
        ));
        assert!(matches!(said(r#"{"type":"ping","payload":{"a":1}}"#), Ok(FromClient::Ping {})));
        assert!(matches!(said(r#"{"type":"complete","id":"1"}"#), Ok(FromClient::Complete { .. })));
        let subscribe = said(r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":null}}"#);
        assert!(matches!(subscribe, Ok(FromClient::Subscribe { payload, .. }) if payload.query == "{ a }"));
        for text in ["", "1", "{}", r#"{"type":"start"}"#, r#"{"type":"subscribe","id":1,"payload":{}}"#] {
            assert!(said(text).is_err(), "{text}");
        }
        let told = |message: ToClient<'_>| serde_json::to_value(message).unwrap();
        assert_eq!(told(ToClient::ConnectionAck {}), serde_json::json!({"type": "connection_ack"}));
        assert_eq!(told(ToClient::Complete { id: "1" }), serde_json::json!({"type": "complete", "id": "1"}));
    }
}
