//! Where stories are read from.

use crate::queries::status::COLUMNS;
use crate::queries::walk::FEW;

/// The time of append leads to the day's partition.
pub(super) const EVENT_OF_STATUS: &str =
    "events.stream_id = statuses.stream_id and events.record_offset = statuses.record_offset
                and events.appended_at = statuses.created_at";

/// The statuses of requests, which are the first that is bound. Behind a fence, for their own index finds them, whatever PostgreSQL
/// thinks of a time; and no more than may be passed to find those of a point.
pub(super) fn statuses() -> String {
    format!(
        "(select {COLUMNS}, statuses.status_msg from statuses where request_id = any ($1) limit {FEW} + 1) as statuses"
    )
}

/// What names these requests and could not be decoded, likewise.
pub(super) fn quarantined() -> String {
    format!(
        "(select created_at, stream_id, record_offset from quarantine where request_id = any ($1) limit {FEW} + 1) as quarantine"
    )
}
