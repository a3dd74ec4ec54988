//! Parts: the hosts of an upload, each as one service sees it.

use tokio_postgres::Row;

use crate::outcome::{Closing, Unit};
use crate::unreadable::column;
use crate::{Claim, NameId, Position, RequestId, Unreadable};

/// A row of `parts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The payload it belongs to.
    pub request_id: RequestId,
    /// [`crate::Service::id`] of the service and source that named it.
    pub service_id: NameId,
    /// The rest of a chained id, else the inventory id.
    pub part: String,
    /// What is said of it.
    pub unit: Unit,
}

impl Part {
    /// The key within its service.
    pub fn id(part: &str) -> NameId {
        NameId::of(&[Some(part)])
    }

    /// Reads a row that holds all columns of `parts` by name.
    ///
    /// # Errors
    /// Which column is damaged.
    pub fn from_row(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self {
            request_id: column(row, "request_id")?,
            service_id: column(row, "service_id")?,
            part: column(row, "part")?,
            unit: Unit {
                state: column(row, "state")?,
                closing: closing(row)?,
                status_count: column(row, "status_count")?,
                bad_closings: column(row, "bad_closings")?,
            },
        })
    }
}

fn closing(row: &Row) -> Result<Option<Closing>, Unreadable> {
    let Some(status) = column(row, "closing_status")? else { return Ok(None) };
    let position =
        Position { stream: column(row, "closing_stream_id")?, offset: column(row, "closing_offset")? };
    Ok(Some(Closing { claim: Claim::new(column(row, "closing_date")?, position), status }))
}
