//! Cursors of events: where one is in the order in which they were appended. Clients keep them as they are.

use async_graphql::connection::CursorType;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _};
use schema::{Position, StreamId};

use crate::graphql::cursor::NoCursor;
use crate::queries::event::Place;

/// What the text is made of. Another version is another text.
const VERSION: &str = "event 1";

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) struct EventCursor(pub(in crate::graphql) Place);

impl CursorType for EventCursor {
    type Error = NoCursor;

    fn decode_cursor(text: &str) -> Result<Self, NoCursor> {
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor)?;
        let (version, micros, stream, offset): (String, i64, i32, i64) =
            serde_json::from_slice(&json).map_err(|_| NoCursor)?;
        if version != VERSION {
            return Err(NoCursor);
        }
        let appended_at =
            DateTime::from_timestamp_micros(micros).filter(|time| (1..=9999).contains(&time.year()));
        let appended_at = appended_at.ok_or(NoCursor)?;
        Ok(Self(Place { appended_at, position: Position { stream: StreamId(stream), offset } }))
    }

    fn encode_cursor(&self) -> String {
        let Self(Place { appended_at, position }) = self;
        let written = (VERSION, appended_at.timestamp_micros(), position.stream, position.offset);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).expect("texts and numbers are JSON"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written_and_nothing_else_is_one() {
        let position = Position { stream: StreamId(3), offset: i64::MAX };
        let appended_at = DateTime::from_timestamp_micros(-1).unwrap();
        let cursor = EventCursor(Place { appended_at, position });
        assert_eq!(EventCursor::decode_cursor(&cursor.encode_cursor()).unwrap(), cursor);
        let written = |json: &str| URL_SAFE_NO_PAD.encode(json);
        for text in [
            "",
            "ä",
            &written("[]"),
            &written(r#"["event 2",1,1,1]"#),
            &written(r#"["event 1",999999999999999999,1,1]"#),
        ] {
            assert!(EventCursor::decode_cursor(text).is_err(), "{text}");
        }
    }
}
