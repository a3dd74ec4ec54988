//! Cursors: where an item lies in the order of its list. Clients keep them as they are.

use async_graphql::connection::CursorType;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::ApiError;
use crate::queries::slice::{Key, Mark};

/// What the text is made of. Another version is another number.
const VERSION: u8 = 1;

/// A place in a list, and in which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    list: String,
    mark: Mark,
}

/// Why a text is no cursor.
#[derive(Debug, Error)]
#[error("that is no cursor")]
pub(super) struct NoCursor;

#[derive(Deserialize, Serialize)]
struct Written(u8, String, WrittenKey, i64);

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum WrittenKey {
    Micros(i64),
    Text(String),
}

impl Cursor {
    pub(super) fn new(list: &str, mark: Mark) -> Self {
        Self { list: list.to_owned(), mark }
    }

    /// Where it points to, in its own list alone: others go by something else.
    pub(super) fn mark(self, list: &str, is_by_time: bool) -> Result<Mark, ApiError> {
        if self.list == list && matches!(self.mark.key, Key::Time(_)) == is_by_time {
            return Ok(self.mark);
        }
        Err(ApiError::BadRequest("the cursor is of another list, or of another order".to_owned()))
    }
}

impl CursorType for Cursor {
    type Error = NoCursor;

    fn decode_cursor(text: &str) -> Result<Self, NoCursor> {
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor)?;
        let Written(VERSION, list, key, id) = serde_json::from_slice(&json).map_err(|_| NoCursor)? else {
            return Err(NoCursor);
        };
        let key = match key {
            WrittenKey::Micros(micros) => {
                let time = DateTime::from_timestamp_micros(micros).ok_or(NoCursor)?;
                // Other years nothing has.
                if !(1..=9999).contains(&time.year()) {
                    return Err(NoCursor);
                }
                Key::Time(time)
            }
            // No text of PostgreSQL holds a NUL.
            WrittenKey::Text(text) if text.contains('\0') => return Err(NoCursor),
            WrittenKey::Text(text) => Key::Text(text),
        };
        Ok(Self { list, mark: Mark { key, id } })
    }

    fn encode_cursor(&self) -> String {
        let key = match &self.mark.key {
            Key::Time(time) => WrittenKey::Micros(time.timestamp_micros()),
            Key::Text(text) => WrittenKey::Text(text.clone()),
        };
        let written = Written(VERSION, self.list.clone(), key, self.mark.id);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).expect("texts and numbers are JSON"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written_and_nothing_else_is_one() {
        let time = DateTime::from_timestamp_micros(-1).unwrap();
        for key in [Key::Time(time), Key::Text(String::new()), Key::Text("ä\"".to_owned())] {
            let cursor = Cursor::new("list", Mark { key, id: i64::MIN });
            assert_eq!(Cursor::decode_cursor(&cursor.encode_cursor()).unwrap(), cursor);
            let is_by_time = matches!(cursor.mark.key, Key::Time(_));
            assert!(cursor.clone().mark("list", is_by_time).is_ok());
            assert!(
                cursor.clone().mark("list", !is_by_time).is_err()
                    && cursor.mark("other", is_by_time).is_err()
            );
        }
        let written = |json: &str| URL_SAFE_NO_PAD.encode(json);
        for text in [
            String::new(),
            "ä".to_owned(),
            written("[]"),
            written(r#"[2,"list",1,1]"#),
            written(r#"[1,"list",9223372036854775807,1]"#),
            written(r#"[1,"list",-99999999999999999,1]"#),
            written(r#"[1,"list","\u0000",1]"#),
            written(r#"[1,"list",1.5,1]"#),
        ] {
            assert!(Cursor::decode_cursor(&text).is_err(), "{text}");
        }
    }
}
