//! The text of a field, from its raw JSON.

use std::fmt;

use serde::de::{Deserializer as _, Error, Visitor};

const REPLACEMENT: &str = "\u{fffd}";

/// The text that a JSON value stands for: what a string says, nothing for null, and any other value as it is written.
///
/// PostgreSQL's texts hold neither NUL nor lone surrogates: both become U+FFFD. The raw bytes keep them.
pub(super) fn text(json: &str) -> Option<String> {
    match json.as_bytes() {
        b"null" => None,
        [b'"', inner @ .., b'"'] => {
            let inner = if inner.contains(&b'\\') {
                unescape(json)
            } else {
                Some(json[1..json.len() - 1].to_owned())
            };
            inner.map(|text| if text.contains('\0') { text.replace('\0', REPLACEMENT) } else { text })
        }
        _ => Some(json.to_owned()),
    }
}

fn unescape(json: &str) -> Option<String> {
    let bytes = serde_json::Deserializer::from_str(json).deserialize_bytes(Bytes).ok()?;
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => Some(replace_surrogates(error.into_bytes())),
    }
}

/// `serde_json` gives lone surrogates as WTF-8: ED A0..BF xx, three bytes, as many as U+FFFD has.
fn replace_surrogates(mut bytes: Vec<u8>) -> String {
    for at in 0..bytes.len().saturating_sub(2) {
        if bytes[at] == 0xed && bytes[at + 1] >= 0xa0 {
            bytes[at..at + 3].copy_from_slice(REPLACEMENT.as_bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(bytes.to_vec())
    }
}
