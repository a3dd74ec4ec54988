//! The metrics of the projection.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};

/// Events folded. The incumbent's dashboards read this name.
pub const PROCESSED: &str = "payload_tracker_messages_processed";
/// Events quarantined. The incumbent's dashboards read this name.
pub const PROCESS_ERRORS: &str = "payload_tracker_message_process_errors";
/// Events quarantined for the form of their request id. The incumbent's dashboards read this name.
pub const INVALID_REQUEST_IDS: &str = "payload_tracker_consumer_invalid_request_IDs";
/// Events quarantined, by `reason`.
pub const QUARANTINED: &str = "payload_tracker_quarantined_total";
/// Seconds that an event took: an equal share of its batch's. The incumbent's dashboards read this name.
pub const PROCESS_SECONDS: &str = "payload_tracker_message_process_seconds";
/// Seconds that a batch of a shard took to be folded and written.
pub const STEP_SECONDS: &str = "payload_tracker_project_seconds";
/// Events beyond the cursor, by `generation`, as last known.
pub const LAG: &str = "payload_tracker_projection_lag_events";
/// Seconds that the oldest event beyond the cursor has been in the log, by `generation`; and those that it can't be known.
pub const LAG_SECONDS: &str = "payload_tracker_projection_lag_seconds";
/// Attempts that failed to take out of the read models what retention took.
pub const HORIZON_FAILURES: &str = "payload_tracker_horizon_failures_total";
/// Requests that were folded again from their raw events and compared.
pub const SAMPLES: &str = "payload_tracker_projection_samples_total";
/// Samples that could not be checked: the database was away, or somebody must act.
pub const SAMPLE_FAILURES: &str = "payload_tracker_projection_sample_failures_total";
/// Rows that such a sample found not to be what the log says. Anything but 0 is an alarm.
pub const MISMATCHES: &str = "payload_tracker_projection_mismatches_total";

/// Describes them all, and has the counters there at 0 from the start.
pub(crate) fn describe() {
    let counters = [
        (PROCESSED, "Events folded into the read models"),
        (PROCESS_ERRORS, "Events quarantined"),
        (INVALID_REQUEST_IDS, "Events quarantined for the form of their request id"),
        (HORIZON_FAILURES, "Failed attempts to take out of the read models what retention took"),
        (SAMPLES, "Requests folded again from their raw events and compared with the read models"),
        (SAMPLE_FAILURES, "Samples of the read models that could not be checked"),
        (MISMATCHES, "Rows of read models that a sample found not to be what the log says: an alarm"),
    ];
    for (name, description) in counters {
        describe_counter!(name, description);
        counter!(name).absolute(0);
    }
    describe_counter!(QUARANTINED, "Events quarantined, by reason");
    describe_histogram!(STEP_SECONDS, Unit::Seconds, "Time that folding and writing a batch of a shard took");
    describe_histogram!(
        PROCESS_SECONDS,
        Unit::Seconds,
        "Time that an event took: an equal share of its batch's"
    );
    describe_gauge!(LAG, Unit::Count, "Events that are not folded, as last known");
    describe_gauge!(
        LAG_SECONDS,
        Unit::Seconds,
        "How long the oldest event that is not folded has been in the log, and how long the database hasn't said so"
    );
}
