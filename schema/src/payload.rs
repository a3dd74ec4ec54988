//! Payloads: the latest view of a request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use crate::unreadable::column;
use crate::{Closing, Failure, Outcome, Position, RequestId, StreamId, Unreadable};

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
    ///
    /// # Errors
    /// Which column is damaged.
    pub fn from_row(row: &Row) -> Result<Self, Unreadable> {
        let Json(claims) = column(row, "claims")?;
        Ok(Self {
            request_id: column(row, "request_id")?,
            id: column(row, "id")?,
            account: column(row, "account")?,
            org_id: column(row, "org_id")?,
            inventory_id: column(row, "inventory_id")?,
            system_id: column(row, "system_id")?,
            claims,
            created_at: column(row, "created_at")?,
            latest: Latest::from_row(row)?,
            status_count: column(row, "status_count")?,
            has_conflicts: column(row, "has_conflicts")?,
            tally: Tally {
                services: column(row, "service_count")?,
                open: column(row, "open_services")?,
                bad: column(row, "bad_services")?,
                bad_closings: column(row, "bad_closings")?,
                recovered_parts: column(row, "recovered_parts")?,
            },
            failure: failure(row)?,
        })
    }
}

fn failure(row: &Row) -> Result<Option<Failure>, Unreadable> {
    let Some(service) = column(row, "failed_service")? else { return Ok(None) };
    let position =
        Position { stream: column(row, "failed_stream_id")?, offset: column(row, "failed_offset")? };
    Ok(Some(Failure {
        closing: Closing {
            claim: Claim::new(column(row, "failed_date")?, position),
            status: column(row, "failed_status")?,
        },
        service,
        source: column(row, "failed_source")?,
        part: column(row, "failed_part")?,
    }))
}

impl Latest {
    fn from_row(row: &Row) -> Result<Self, Unreadable> {
        let position =
            Position { stream: column(row, "latest_stream_id")?, offset: column(row, "latest_offset")? };
        Ok(Self {
            claim: Claim::new(column(row, "last_date")?, position),
            service: column(row, "latest_service")?,
            source: column(row, "latest_source")?,
            status: column(row, "latest_status")?,
        })
    }
}
