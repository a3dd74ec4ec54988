//! Global ids: what names one thing among all of them. Clients keep them as they are.

use async_graphql::ID;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::{Position, RequestId, StreamId};
use serde::{Deserialize, Serialize};

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GlobalId {
    Payload(RequestId),
    Status(RequestId, Position),
    Event(Position),
}

/// As it is written down, before it is made a text that nobody reads.
#[derive(Deserialize, Serialize)]
enum Written {
    #[serde(rename = "payload")]
    Payload(String),
    #[serde(rename = "status")]
    Status(String, i32, i64),
    #[serde(rename = "event")]
    Event(i32, i64),
}

impl GlobalId {
    pub(super) fn id(&self) -> ID {
        let written = match self {
            Self::Payload(id) => Written::Payload(id.to_string()),
            Self::Status(id, position) => Written::Status(id.to_string(), position.stream.0, position.offset),
            Self::Event(position) => Written::Event(position.stream.0, position.offset),
        };
        let json = serde_json::to_vec(&written).expect("texts and numbers are JSON");
        ID(URL_SAFE_NO_PAD.encode(json))
    }

    /// What an id names, if it is one of ours: nothing is there under any other.
    pub(super) fn read(id: &ID) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(id.as_bytes()).ok()?;
        let position = |stream, offset| Position { stream: StreamId(stream), offset };
        let (id, position) = match serde_json::from_slice(&json).ok()? {
            Written::Payload(id) => (id, None),
            Written::Status(id, stream, offset) => (id, Some(position(stream, offset))),
            Written::Event(stream, offset) => return Some(Self::Event(position(stream, offset))),
        };
        // No text of PostgreSQL holds a NUL.
        let id = Some(id).filter(|id| !id.contains('\0')).map(|id| RequestId::lookup(&id))?;
        Some(position.map_or(Self::Payload(id.clone()), |position| Self::Status(id, position)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_what_it_was_made_of_and_nothing_else_is_one() {
        let request_id = RequestId::lookup("third-party");
        let position = Position { stream: StreamId(3), offset: i64::MAX };
        for id in [
            GlobalId::Payload(request_id.clone()),
            GlobalId::Status(request_id, position),
            GlobalId::Event(position),
        ] {
            assert_eq!(GlobalId::read(&id.id()), Some(id));
        }
        let nul = URL_SAFE_NO_PAD.encode(r#"{"payload":"\u0000"}"#);
        for text in ["", "x", "third-party", "eyJhIjoxfQ", &nul] {
            assert_eq!(GlobalId::read(&ID::from(text)), None, "{text}");
        }
    }
}
