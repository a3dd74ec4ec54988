//! Payloads: the latest view of a request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use crate::{Closing, Failure, Outcome, Position, RequestId, StreamId};

/// A row of `payloads`.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Whether some status claims another value for an attribute.
    pub has_conflicts: bool,
    /// Its services, summed up.
    pub tally: Tally,
    /// Where it failed first, if it did.
    pub failure: Option<Failure>,
}

/// How the services of a payload stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many services it passed, each source for itself.
    pub services: i32,
    /// How many of them are open.
    pub open: i32,
    /// How many of them are bad.
    pub bad: i32,
    /// How many statuses close badly.
    pub bad_closings: i64,
    /// How many parts closed badly and then well.
    pub recovered_parts: i64,
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

/// The status that is the greatest by (date, closing before open, stream, offset).
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

impl Tally {
    /// Failure when a service is bad, success when all are good.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self { bad: 1.., .. } => Outcome::Failure,
            Self { open: 1.., .. } => Outcome::InProgress,
            _ => Outcome::Success,
        }
    }
}

impl Payload {
    /// Whether it succeeded.
    pub fn outcome(&self) -> Outcome {
        self.tally.outcome()
    }

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
            has_conflicts: row.get("has_conflicts"),
            tally: Tally {
                services: row.get("service_count"),
                open: row.get("open_services"),
                bad: row.get("bad_services"),
                bad_closings: row.get("bad_closings"),
                recovered_parts: row.get("recovered_parts"),
            },
            failure: row.get::<_, Option<String>>("failed_service").map(|service| failure(row, service)),
        }
    }
}

fn failure(row: &Row, service: String) -> Failure {
    let position = Position { stream: row.get("failed_stream_id"), offset: row.get("failed_offset") };
    Failure {
        closing: Closing {
            claim: Claim::new(row.get("failed_date"), position),
            status: row.get("failed_status"),
        },
        service,
        source: row.get("failed_source"),
        part: row.get("failed_part"),
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
