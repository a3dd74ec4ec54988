//! Cursors: where an item lies in the order of its list. Clients keep them as they are.

use async_graphql::connection::CursorType;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the text is made of. Another version is another number.
const VERSION: u8 = 1;

/// A place among statuses in the order of their dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cursor {
    pub(super) date: DateTime<Utc>,
    pub(super) id: i64,
}

/// Why a text is no cursor.
#[derive(Debug, Error)]
#[error("that is no cursor of this list")]
pub(super) struct NoCursor;

#[derive(Deserialize, Serialize)]
struct Written(u8, i64, i64);

impl CursorType for Cursor {
    type Error = NoCursor;

    fn decode_cursor(text: &str) -> Result<Self, NoCursor> {
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor)?;
        match serde_json::from_slice(&json).map_err(|_| NoCursor)? {
            Written(VERSION, micros, id) => {
                let date = DateTime::from_timestamp_micros(micros).ok_or(NoCursor)?;
                Ok(Self { date, id })
            }
            Written(..) => Err(NoCursor),
        }
    }

    fn encode_cursor(&self) -> String {
        let written = Written(VERSION, self.date.timestamp_micros(), self.id);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).expect("numbers are JSON"))
    }
}
