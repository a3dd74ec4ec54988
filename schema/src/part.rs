//! Parts: the hosts of an upload, each as one service sees it.

use tokio_postgres::Row;

use crate::outcome::{Closing, State, Unit};
use crate::{Claim, NameId, Position, RequestId};

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
    pub fn from_row(row: &Row) -> Self {
        Self {
            request_id: row.get("request_id"),
            service_id: row.get("service_id"),
            part: row.get("part"),
            unit: Unit {
                state: State::parse(row.get("state")),
                closing: row.get::<_, Option<String>>("closing_status").map(|status| Closing {
                    claim: Claim::new(
                        row.get("closing_date"),
                        Position { stream: row.get("closing_stream_id"), offset: row.get("closing_offset") },
                    ),
                    status,
                }),
                status_count: row.get("status_count"),
                bad_closings: row.get("bad_closings"),
            },
        }
    }
}
