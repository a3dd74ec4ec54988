//! Payloads: the latest view of a request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use crate::{Position, RequestId, StreamId};

/// A row of `payloads`.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// Its key.
    pub request_id: RequestId,
    /// The smallest id of its events: the APIs' integer id.
    pub id: i64,
    /// The account that won.
    pub account: Option<String>,
    /// The organisation that won.
    pub org_id: Option<String>,
    /// The inventory id that won.
    pub inventory_id: Option<String>,
    /// The system id that won.
    pub system_id: Option<String>,
    /// Which statuses the four attributes come from.
    pub claims: Claims,
    /// The earliest date of its statuses.
    pub created_at: DateTime<Utc>,
    /// Its latest status.
    pub latest: Latest,
    /// How many statuses it has.
    pub status_count: i64,
}

/// The winning claim of each attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who claimed the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Claim>,
    /// Who claimed the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<Claim>,
    /// Who claimed the inventory id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory_id: Option<Claim>,
    /// Who claimed the system id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_id: Option<Claim>,
}

/// The rank of a claim: the greatest wins, by (date, stream, offset).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// The date of the status that claims.
    pub date: DateTime<Utc>,
    /// The stream of its event.
    pub stream: StreamId,
    /// The offset of its event.
    pub offset: i64,
}

/// The status that is the greatest by (date, stream, offset).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Its rank.
    pub claim: Claim,
    /// The service that sent it.
    pub service: String,
    /// The source it named.
    pub source: Option<String>,
    /// The status.
    pub status: String,
}

impl Claim {
    /// The rank of a status of this date at this position.
    pub fn new(date: DateTime<Utc>, position: Position) -> Self {
        Self { date, stream: position.stream, offset: position.offset }
    }
}

impl Payload {
    /// Reads a row that holds all columns of `payloads` by name.
    pub fn from_row(row: &Row) -> Self {
        let Json(claims) = row.get("claims");
        Self {
            request_id: row.get("request_id"),
            id: row.get("id"),
            account: row.get("account"),
            org_id: row.get("org_id"),
            inventory_id: row.get("inventory_id"),
            system_id: row.get("system_id"),
            claims,
            created_at: row.get("created_at"),
            latest: Latest::from_row(row),
            status_count: row.get("status_count"),
        }
    }
}

impl Latest {
    fn from_row(row: &Row) -> Self {
        let position = Position { stream: row.get("latest_stream_id"), offset: row.get("latest_offset") };
        Self {
            claim: Claim::new(row.get("last_date"), position),
            service: row.get("latest_service"),
            source: row.get("latest_source"),
            status: row.get("latest_status"),
        }
    }
}
