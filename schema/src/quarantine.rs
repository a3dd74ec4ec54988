//! Quarantine: what could not be decoded, and why.

use std::error::Error;

use bytes::BytesMut;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::unreadable::column;
use crate::{Position, RequestId, Unreadable};

/// A row of `quarantine`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The event's id.
    pub id: i64,
    /// The event that was refused.
    pub position: Position,
    /// Why, for machines.
    pub reason: Reason,
    /// Why, for people.
    pub detail: String,
    /// The payload it would have belonged to, where the message says so.
    pub request_id: Option<RequestId>,
    /// The service that sent it, where the message says so.
    pub service: Option<String>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// The code of a reason for quarantine. Stored as text and shown to clients: a name once given stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No value at all (a tombstone), or an empty one.
    EmptyValue,
    /// Not JSON: a syntax error, or truncated.
    NotJson,
    /// JSON with more bytes after it.
    TrailingBytes,
    /// JSON, but no object.
    NotAnObject,
    /// Nested deeper than 64.
    TooDeep,
    /// `service` is absent, null, blank or no scalar.
    ServiceMissing,
    /// `request_id` is absent, null, blank or no scalar.
    RequestIdMissing,
    /// `status` is absent, null, blank or no scalar.
    StatusMissing,
    /// `request_id` is of no known form, and not of the length that is let through.
    RequestIdForm,
    /// `date` is absent or null.
    DateMissing,
    /// `date` is no date.
    DateUnparseable,
    /// `date` is outside the years 1 to 9999 (UTC).
    DateOutOfRange,
}

impl Quarantined {
    /// Reads a row that holds all columns of `quarantine` by name.
    ///
    /// # Errors
    /// Which column is damaged.
    pub fn from_row(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            id: column(row, "id")?,
            position: Position { stream: column(row, "stream_id")?, offset: column(row, "record_offset")? },
            reason: column(row, "reason")?,
            detail: column(row, "detail")?,
            request_id: column(row, "request_id")?,
            service: column(row, "service")?,
            created_at: column(row, "created_at")?,
        })
    }
}

impl ToSql for Reason {
    to_sql_checked!();

    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.as_str().to_sql(kind, out)
    }

    fn accepts(kind: &Type) -> bool {
        <&str as ToSql>::accepts(kind)
    }
}

impl<'a> FromSql<'a> for Reason {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let code = <&str>::from_sql(kind, raw)?;
        Self::ALL.into_iter().find(|reason| reason.as_str() == code).ok_or_else(|| "no reason".into())
    }

    fn accepts(kind: &Type) -> bool {
        <&str as FromSql<'_>>::accepts(kind)
    }
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::EmptyValue,
        Self::NotJson,
        Self::TrailingBytes,
        Self::NotAnObject,
        Self::TooDeep,
        Self::ServiceMissing,
        Self::RequestIdMissing,
        Self::StatusMissing,
        Self::RequestIdForm,
        Self::DateMissing,
        Self::DateUnparseable,
        Self::DateOutOfRange,
    ];

    /// The code, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyValue => "empty_value",
            Self::NotJson => "not_json",
            Self::TrailingBytes => "trailing_bytes",
            Self::NotAnObject => "not_an_object",
            Self::TooDeep => "too_deep",
            Self::ServiceMissing => "service_missing",
            Self::RequestIdMissing => "request_id_missing",
            Self::StatusMissing => "status_missing",
            Self::RequestIdForm => "request_id_form",
            Self::DateMissing => "date_missing",
            Self::DateUnparseable => "date_unparseable",
            Self::DateOutOfRange => "date_out_of_range",
        }
    }
}
