//! Statuses: the timeline of a request.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use crate::{Position, RequestId};

/// A row of `statuses`: what one message said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The event's id.
    pub id: i64,
    /// The event it was decoded from.
    pub position: Position,
    /// The payload it belongs to.
    pub request_id: RequestId,
    /// The slice and host of the upload it is about, where the id was a chain.
    pub part: Option<String>,
    /// Who says so: lower-case, trimmed.
    pub service: String,
    /// For which of its sources: lower-case, trimmed.
    pub source: Option<String>,
    /// What happened: lower-case, trimmed.
    pub status: String,
    /// Why.
    pub status_msg: Option<String>,
    /// The account as this message claims it.
    pub account: Option<String>,
    /// The organisation as this message claims it.
    pub org_id: Option<String>,
    /// The inventory id as this message claims it.
    pub inventory_id: Option<String>,
    /// The system id as this message claims it.
    pub system_id: Option<String>,
    /// When it happened.
    pub date: DateTime<Utc>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

impl Status {
    /// Reads a row that holds all columns of `statuses` by name.
    pub fn from_row(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            position: Position { stream: row.get("stream_id"), offset: row.get("record_offset") },
            request_id: row.get("request_id"),
            part: row.get("part"),
            service: row.get("service"),
            source: row.get("source"),
            status: row.get("status"),
            status_msg: row.get("status_msg"),
            account: row.get("account"),
            org_id: row.get("org_id"),
            inventory_id: row.get("inventory_id"),
            system_id: row.get("system_id"),
            date: row.get("date"),
            created_at: row.get("created_at"),
        }
    }
}
