//! Services: the work of each on a request.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use crate::outcome::{Closing, State, Unit};
use crate::unreadable::column;
use crate::{Claim, NameId, Position, RequestId, Unreadable};

/// A row of `services`: what one service did for a request, for one of its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The payload it belongs to.
    pub request_id: RequestId,
    /// The service.
    pub service: String,
    /// The source it named.
    pub source: Option<String>,
    /// The earliest date of its statuses.
    pub first_date: DateTime<Utc>,
    /// The latest.
    pub last_date: DateTime<Utc>,
    /// How many statuses it sent, of all parts.
    pub status_count: i64,
    /// How many of them close badly.
    pub bad_closings: i64,
    /// What its statuses without a part say.
    pub own: Unit,
    /// Its parts, summed up.
    pub parts: PartCounts,
}

/// How the parts of a service stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartCounts {
    /// How many there are.
    pub count: i32,
    /// How many have not closed.
    pub open: i32,
    /// How many closed badly.
    pub bad: i32,
    /// How many closed badly and then well.
    pub recovered: i32,
}

impl Service {
    /// The key within its request.
    pub fn id(service: &str, source: Option<&str>) -> NameId {
        NameId::of(&[Some(service), source])
    }

    /// Bad when a part is; good when all have closed well. What is said of no part in particular counts as a part, but once
    /// parts are named, that it hasn't closed says nothing: many services name the host only when they know it.
    pub fn state(&self) -> State {
        let is_own_open = self.own.state == State::Open && self.parts.count == 0;
        match () {
            () if self.own.state == State::Bad || self.parts.bad > 0 => State::Bad,
            () if is_own_open || self.parts.open > 0 => State::Open,
            () => State::Good,
        }
    }

    /// How many of its parts closed badly and then well.
    pub fn recovered_parts(&self) -> i64 {
        i64::from(self.own.is_recovered()) + i64::from(self.parts.recovered)
    }

    /// Reads a row that holds all columns of `services` by name.
    ///
    /// # Errors
    /// Which column is damaged.
    pub fn from_row(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            request_id: column(row, "request_id")?,
            service: column(row, "service")?,
            source: column(row, "source")?,
            first_date: column(row, "first_date")?,
            last_date: column(row, "last_date")?,
            status_count: column(row, "status_count")?,
            bad_closings: column(row, "bad_closings")?,
            own: Unit {
                state: column(row, "own_state")?,
                closing: closing(row)?,
                status_count: column(row, "own_count")?,
                bad_closings: column(row, "own_bad_closings")?,
            },
            parts: PartCounts {
                count: column(row, "part_count")?,
                open: column(row, "open_parts")?,
                bad: column(row, "bad_parts")?,
                recovered: column(row, "recovered_parts")?,
            },
        })
    }
}

fn closing(row: &Row) -> Result<Option<Closing>, Unreadable> {
    let Some(status) = column(row, "own_closing_status")? else { return Ok(None) };
    let position = Position {
        stream: column(row, "own_closing_stream_id")?,
        offset: column(row, "own_closing_offset")?,
    };
    Ok(Some(Closing { claim: Claim::new(column(row, "own_closing_date")?, position), status }))
}
