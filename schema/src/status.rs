//! Statuses: the timeline of a request.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use crate::unreadable::column;
use crate::{Position, RequestId, Unreadable};

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
    ///
    /// # Errors
    /// Which column is damaged.
    pub fn from_row(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            id: column(row, "id")?,
            position: Position { stream: column(row, "stream_id")?, offset: column(row, "record_offset")? },
            request_id: column(row, "request_id")?,
            part: column(row, "part")?,
            service: column(row, "service")?,
            source: column(row, "source")?,
            status: column(row, "status")?,
            status_msg: column(row, "status_msg")?,
            account: column(row, "account")?,
            org_id: column(row, "org_id")?,
            inventory_id: column(row, "inventory_id")?,
            system_id: column(row, "system_id")?,
            date: column(row, "date")?,
            created_at: column(row, "created_at")?,
        })
    }
}
