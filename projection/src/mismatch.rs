//! Mismatches: where the read models aren't what the log says.

use schema::{Position, Status};
use serde::Serialize;

/// A row that isn't what the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The table.
    pub table: &'static str,
    /// The row's request, or its place.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

impl Mismatch {
    /// What is wrong with a status.
    pub fn of_status(status: &Status, what: impl Into<String>) -> Self {
        let Position { stream, offset } = status.position;
        let key = format!("{} at stream {} offset {offset}", status.request_id, stream.0);
        Self { table: "statuses", key, what: what.into() }
    }
}
