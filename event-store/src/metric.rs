//! The metrics of ingestion.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};

/// Records appended. The incumbent's dashboards read this name.
pub const CONSUMED: &str = "payload_tracker_consumed_messages";
/// Errors that the consumer reported. The incumbent's dashboards read this name.
pub const CONSUME_ERRORS: &str = "payload_tracker_consume_errors";
/// Seconds that an append took, retries included.
pub const APPEND_SECONDS: &str = "payload_tracker_append_seconds";
/// Records in an appended batch.
pub const BATCH_RECORDS: &str = "payload_tracker_append_batch_records";
/// Batches that were refused because a stream had moved.
pub const REFUSED: &str = "payload_tracker_append_refused_total";
/// Offsets that the broker skipped, by reason.
pub const GAP_OFFSETS: &str = "payload_tracker_gap_offsets_total";
/// Records handed out again below the stream's position, and ignored.
pub const REPEATED: &str = "payload_tracker_repeated_records_total";
/// Lineages begun because a topic was made again.
pub const LINEAGES: &str = "payload_tracker_new_lineages_total";
/// When heads were last sealed, seconds since the epoch.
pub const LAST_SEAL: &str = "payload_tracker_last_seal_timestamp_seconds";
/// Partitions that are being read.
pub const PARTITIONS: &str = "payload_tracker_assigned_partitions";

/// Describes them all, and has the counters there at 0 from the start.
pub(crate) fn describe() {
    let counters = [
        (CONSUMED, "Records appended to the event log"),
        (CONSUME_ERRORS, "Errors that the Kafka consumer reported"),
        (REFUSED, "Batches refused because a stream had moved: another writer, or an answer was lost"),
        (GAP_OFFSETS, "Offsets that the broker skipped: each is in offset_gaps. Any is worth a look"),
        (REPEATED, "Records handed out again below the position, ignored"),
        (LINEAGES, "Topics found to have been made again. Any is worth a look"),
    ];
    for (name, description) in counters {
        describe_counter!(name, description);
        counter!(name).absolute(0);
    }
    describe_histogram!(APPEND_SECONDS, Unit::Seconds, "Time that an append took, retries included");
    describe_histogram!(BATCH_RECORDS, Unit::Count, "Records in an appended batch");
    describe_gauge!(
        LAST_SEAL,
        Unit::Seconds,
        "When the heads of the chains were last written down, as Unix time"
    );
    describe_gauge!(PARTITIONS, Unit::Count, "Partitions that are being read");
}
