//! Decoding: from the bytes that a producer sent to what they say, or to why they say nothing.
//!
//! Part of the projection's version: the same bytes decode alike for ever.

mod date;
mod field;
mod object;

use chrono::{DateTime, Utc};
use schema::{Event, Quarantined, Reason, RequestId, RequestIdForm, Status};

use self::date::DateError;
use self::object::{Field, Fields};

/// The longest id of an unknown form: a longer one wouldn't fit in an index, and no producer sends it.
const LONGEST_REQUEST_ID: usize = 256;
/// How much of an offending value a rejection quotes.
const EXCERPT: usize = 64;

/// The rule for request ids of no known form: part of what a generation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestIdRule {
    /// They are accepted verbatim.
    Any,
    /// They are accepted verbatim when they are this many bytes long.
    Length(usize),
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The payload it belongs to.
    pub request_id: RequestId,
    /// The rest of a chained id.
    pub part: Option<String>,
    /// Who says so: lower-case, trimmed.
    pub service: String,
    /// For which of its sources: lower-case, trimmed.
    pub source: Option<String>,
    /// What happened: lower-case, trimmed.
    pub status: String,
    /// Why.
    pub status_msg: Option<String>,
    /// The account it claims.
    pub account: Option<String>,
    /// The organisation it claims.
    pub org_id: Option<String>,
    /// The inventory id it claims.
    pub inventory_id: Option<String>,
    /// The system id it claims.
    pub system_id: Option<String>,
    /// When it happened.
    pub date: DateTime<Utc>,
}

/// Why a message says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// For machines.
    pub reason: Reason,
    /// For people.
    pub detail: String,
    /// The payload it would have belonged to, where that much is clear.
    pub request_id: Option<RequestId>,
    /// The service that sent it, where that much is clear.
    pub service: Option<String>,
}

impl RequestIdRule {
    /// The rule of a configured length, where 0 means any.
    pub fn from_length(length: u32) -> Self {
        match length {
            0 => Self::Any,
            length => Self::Length(length as usize),
        }
    }

    fn accepts(self, id: &str) -> bool {
        match self {
            Self::Any => id.len() <= LONGEST_REQUEST_ID,
            Self::Length(length) => id.len() == length,
        }
    }
}

/// Decodes the value of an event.
///
/// # Errors
/// A rejection, for every input that isn't a message. No input panics.
pub fn decode(value: Option<&[u8]>, rule: RequestIdRule) -> Result<Message, Rejection> {
    let bytes = value.filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or_else(|| rejection(Reason::EmptyValue, "the record has no value"))?;
    // Invalid UTF-8 in a text becomes U+FFFD; anywhere else it is a syntax error all the same.
    let text = String::from_utf8_lossy(bytes);
    let fields = Fields::parse(&text)?;
    let service = fields.label(Field::Service);
    let request_id = fields.required(Field::RequestId);
    message(&fields, rule, service.clone(), request_id.as_deref()).map_err(|(reason, detail)| Rejection {
        reason,
        detail,
        request_id: request_id
            .as_deref()
            .map(RequestId::lookup)
            .filter(|id| id.as_str().len() <= LONGEST_REQUEST_ID),
        service,
    })
}

fn message(
    fields: &Fields<'_>,
    rule: RequestIdRule,
    service: Option<String>,
    request_id: Option<&str>,
) -> Result<Message, (Reason, String)> {
    let missing =
        |reason, field: Field| (reason, format!("{} is missing, null, blank or no scalar", field.name()));
    let service = service.ok_or_else(|| missing(Reason::ServiceMissing, Field::Service))?;
    let request_id = request_id.ok_or_else(|| missing(Reason::RequestIdMissing, Field::RequestId))?;
    let status = fields.label(Field::Status).ok_or_else(|| missing(Reason::StatusMissing, Field::Status))?;
    let (request_id, part) = match RequestIdForm::parse(request_id) {
        RequestIdForm::Uuid(id) => (id, None),
        RequestIdForm::Chain { root, part } => (root, Some(part)),
        RequestIdForm::Other(id) if rule.accepts(id.as_str()) => (id, None),
        RequestIdForm::Other(_) => {
            return Err((
                Reason::RequestIdForm,
                format!("request_id is of no known form: {}", excerpt(request_id)),
            ));
        }
    };
    let date = fields
        .text(Field::Date)
        .ok_or_else(|| (Reason::DateMissing, "date is missing or null".to_owned()))?;
    let date = date::parse(&date).map_err(|error| match error {
        DateError::Unparseable => (Reason::DateUnparseable, format!("date is no date: {}", excerpt(&date))),
        DateError::OutOfRange => {
            (Reason::DateOutOfRange, format!("date is outside the years 1 to 9999: {}", excerpt(&date)))
        }
    })?;
    Ok(Message {
        request_id,
        part,
        service,
        source: fields.label(Field::Source),
        status,
        status_msg: fields.optional(Field::StatusMsg),
        account: fields.optional(Field::Account),
        org_id: fields.optional(Field::OrgId),
        inventory_id: fields.optional(Field::InventoryId),
        system_id: fields.optional(Field::SystemId),
        date,
    })
}

fn rejection(reason: Reason, detail: impl Into<String>) -> Rejection {
    Rejection { reason, detail: detail.into(), request_id: None, service: None }
}

fn excerpt(text: &str) -> String {
    let mut quoted: String = text.chars().take(EXCERPT).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    quoted
}

/// Decodes an event into the row that it becomes.
///
/// # Errors
/// The row of quarantine, for every event that isn't a message.
pub fn decode_event(event: &Event, rule: RequestIdRule) -> Result<Status, Quarantined> {
    let &Event { id, position, appended_at: created_at, ref value } = event;
    match decode(value.as_deref(), rule) {
        Ok(message) => Ok(Status {
            id,
            position,
            request_id: message.request_id,
            part: message.part,
            service: message.service,
            source: message.source,
            status: message.status,
            status_msg: message.status_msg,
            account: message.account,
            org_id: message.org_id,
            inventory_id: message.inventory_id,
            system_id: message.system_id,
            date: message.date,
            created_at,
        }),
        Err(Rejection { reason, detail, request_id, service }) => {
            Err(Quarantined { id, position, reason, detail, request_id, service, created_at })
        }
    }
}

#[cfg(test)]
mod tests;
