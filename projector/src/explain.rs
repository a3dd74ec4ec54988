//! Explaining: each part of an answer with the event that gave it, and the events that lost.

mod field;
mod reason;
mod text;
mod visible;

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use runtime::database::{Pool, Transaction};
use schema::{Position, RequestId, StreamId};
use serde::Serialize;
use tokio_postgres::IsolationLevel;

use crate::bucket::Range;
use crate::point::Point;
use crate::story::{self, Story, Told};
use crate::verify::name_differing;
use crate::{Generation, Mismatch, ProjectError, View, fold, horizon, policy};

pub use self::field::Field;
pub use self::reason::ServiceReason;

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

/// Explains what is said of a request, from its raw events; as it was at a point of the log, where one is given.
///
/// # Errors
/// When the point is no event's or retention took it, when a row can't be read, when the messages, or those that were quarantined, take more than
/// `most` bytes, and when the database fails.
pub async fn explain(
    pool: &Pool,
    generation: Generation,
    request_id: &RequestId,
    point: Option<&Point>,
    most: usize,
) -> Result<Explanation, ProjectError> {
    let mut client = pool.get().await?;
    let transaction: Transaction<'_> = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    policy::show_all(&transaction, generation.id).await?;
    let bound = match point {
        Some(point) => Some(point.bound(&transaction).await?),
        None => None,
    };
    let Story { mut told, mut mismatches } = story::read(&transaction, &generation, request_id, most).await?;
    let mut quarantined = story::read_unclear(&transaction, &generation, request_id, most).await?;
    match bound {
        // What retention took is still to leave them.
        None if horizon::is_pending(&*transaction, generation.id).await? => mismatches.clear(),
        None => {
            let range = Range::of(request_id);
            mismatches.extend(name_differing(&transaction, generation.id, &range).await?);
        }
        Some(bound) => {
            mismatches.clear();
            told.retain(|told| bound.covers(told.event.position, told.event.appended_at));
            quarantined.retain(|one| {
                let position = Position { stream: StreamId(one.stream), offset: one.offset };
                bound.covers(position, one.created_at)
            });
        }
    }
    let quarantined = quarantined.into_iter().map(|one| Quarantined {
        stream: one.stream,
        offset: one.offset,
        appended_at: one.created_at,
        reason: one.reason,
        detail: one.detail,
    });
    Ok(Explanation {
        generation: generation.id.0,
        quarantined: quarantined.collect(),
        mismatches,
        ..of_events(request_id, told)
    })
}

fn of_events(request_id: &RequestId, told: Vec<Told>) -> Explanation {
    let mut views: HashMap<RequestId, View> = HashMap::new();
    fold(&mut views, told.iter().map(|told| &told.status));
    let view = views.remove(request_id).unwrap_or_default();
    Explanation {
        request_id: request_id.clone(),
        generation: 0,
        outcome: view.payload.as_ref().map(|payload| payload.outcome().as_str()),
        because: reason::of_outcome(&view, &told),
        fields: field::list(&view, &told),
        services: reason::list_services(&view),
        events: told.into_iter().map(RawMessage::of).collect(),
        quarantined: Vec::new(),
        mismatches: Vec::new(),
    }
}

impl Evidence {
    pub(crate) fn of(told: &Told) -> Self {
        let status = &told.status;
        Self {
            stream: status.position.stream.0,
            offset: status.position.offset,
            date: status.date,
            appended_at: told.event.appended_at,
            service: status.service.clone(),
            source: status.source.clone(),
            part: crate::fold::part_of(status).map(str::to_owned),
            status: status.status.clone(),
        }
    }
}

impl RawMessage {
    fn of(told: Told) -> Self {
        let event = Evidence::of(&told);
        match String::from_utf8(told.event.value.unwrap_or_default()) {
            Ok(raw) => Self { event, raw, raw_hex: None },
            Err(error) => Self {
                event,
                raw: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                raw_hex: Some(hex(error.as_bytes())),
            },
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a text takes all");
        hex
    })
}
