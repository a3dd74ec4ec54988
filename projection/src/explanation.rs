//! Explaining: each part of an answer with the event that gave it, and the events that lost.

mod field;
mod reason;
mod text;
mod visible;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use schema::RequestId;
use serde::Serialize;

use crate::{Mismatch, Told, View, part_of};

pub use self::field::{Field, Lost};
pub use self::reason::{PartReason, ServiceReason};

/// An answer, and why it is that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The request, in its canonical form.
    pub request_id: RequestId,
    /// By which generation's rules.
    pub generation: i32,
    /// `success`, `failure` or `in_progress`; none when there is no message of the request.
    pub outcome: Option<&'static str>,
    /// How the outcome follows, in sentences.
    pub because: Vec<String>,
    /// The fields of the payload.
    pub fields: Vec<Field>,
    /// Its services, in the order of their first dates.
    pub services: Vec<ServiceReason>,
    /// Its messages, in the order of (date, stream, offset).
    pub events: Vec<RawMessage>,
    /// Messages that name the request and could not be decoded.
    pub quarantined: Vec<Quarantined>,
    /// Where the read models say anything else. None are looked for at a point of the past.
    pub mismatches: Vec<Mismatch>,
}

/// An event, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The stream that it is in.
    pub stream: i32,
    /// Its offset there.
    pub offset: i64,
    /// When what it says happened.
    pub date: DateTime<Utc>,
    /// When it was appended.
    pub appended_at: DateTime<Utc>,
    /// Who says so.
    pub service: String,
    /// For which of its sources.
    pub source: Option<String>,
    /// Of which part.
    pub part: Option<String>,
    /// What.
    pub status: String,
}

/// An event, with its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RawMessage {
    /// What it says.
    #[serde(flatten)]
    pub event: Evidence,
    /// Its bytes, as text; what is no UTF-8 in them shows as U+FFFD.
    pub raw: String,
    /// Its bytes in hex, where they aren't UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_hex: Option<String>,
}

/// A message that could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// The stream that it is in.
    pub stream: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it was appended.
    pub appended_at: DateTime<Utc>,
    /// Why, for machines.
    pub reason: String,
    /// Why, for people.
    pub detail: String,
}

impl Explanation {
    /// How a view follows from the events that it is of, which are in the order of (date, stream, offset).
    ///
    /// What else there is to say, and the events themselves, are left to whoever has them.
    pub fn of(request_id: &RequestId, view: &View, told: &[Told]) -> Self {
        Self {
            request_id: request_id.clone(),
            generation: 0,
            outcome: view.payload.as_ref().map(|payload| payload.outcome().as_str()),
            because: reason::of_outcome(view, told),
            fields: field::list(view, told),
            services: reason::list_services(view),
            events: Vec::new(),
            quarantined: Vec::new(),
            mismatches: Vec::new(),
        }
    }
}

impl Evidence {
    /// What is told of an event.
    pub fn of(told: &Told) -> Self {
        let status = &told.status;
        Self {
            stream: status.position.stream.0,
            offset: status.position.offset,
            date: status.date,
            appended_at: told.event.appended_at,
            service: status.service.clone(),
            source: status.source.clone(),
            part: part_of(status).map(str::to_owned),
            status: status.status.clone(),
        }
    }
}

impl RawMessage {
    /// An event with its bytes.
    pub fn of(told: Told) -> Self {
        let event = Evidence::of(&told);
        let (raw, raw_hex) = legible(&told.event.value.unwrap_or_default());
        Self { event, raw, raw_hex }
    }
}

/// Bytes as text, in which U+FFFD stands for what is no UTF-8; and in hex, where there is any.
pub fn legible(bytes: &[u8]) -> (String, Option<String>) {
    match str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), Some(hex(bytes))),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a text takes all");
        hex
    })
}
