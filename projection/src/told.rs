//! What a request is told of by: its events.

use schema::{Event, Status};

use crate::RequestIdRule;
use crate::decode::decode_event;

/// A message of a request.
#[derive(Debug)]
pub struct Told {
    /// As the log holds it.
    pub event: Event,
    /// What it says.
    pub status: Status,
}

impl Told {
    /// What an event says, if it says anything.
    pub fn decode(event: Event, rule: RequestIdRule) -> Option<Self> {
        let status = decode_event(&event, rule).ok()?;
        Some(Self { event, status })
    }
}
