//! The metrics of ingestion.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use schema::GapReason;

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
/// Records that the topic has and the log has not yet, by partition.
pub const LAG_RECORDS: &str = "payload_tracker_lag_records";
/// For how long the log has not had all that the topic has, by partition.
pub const LAG_SECONDS: &str = "payload_tracker_lag_seconds";
/// Seconds between two polls of the broker.
pub const POLL_GAP_SECONDS: &str = "payload_tracker_poll_gap_seconds";
/// Times that the group gave or took partitions.
pub const REBALANCES: &str = "payload_tracker_rebalances_total";
/// Whether the partitions are paused.
pub const PAUSED: &str = "payload_tracker_paused";
/// Partitions that are being read.
pub const PARTITIONS: &str = "payload_tracker_assigned_partitions";

/// Describes them all, and has the counters there at 0 from the start.
pub(crate) fn describe() {
    let counters = [
        (CONSUMED, "Records appended to the event log"),
        (CONSUME_ERRORS, "Errors that the Kafka consumer reported"),
        (REFUSED, "Batches refused because a stream had moved: another writer, or an answer was lost"),
        (REPEATED, "Records handed out again below the position, ignored"),
        (LINEAGES, "Topics found to have been made again. Any is worth a look"),
        (REBALANCES, "Times that the consumer group gave partitions to this member, or took them"),
    ];
    for (name, description) in counters {
        describe_counter!(name, description);
        counter!(name).absolute(0);
    }
    describe_counter!(
        GAP_OFFSETS,
        "Offsets that the broker skipped: each is in offset_gaps. Reason expired, compacted or unknown: records are lost"
    );
    for reason in GapReason::ALL {
        counter!(GAP_OFFSETS, "reason" => reason.as_str()).absolute(0);
    }
    let histograms = [
        (APPEND_SECONDS, Unit::Seconds, "Time that an append took, retries included"),
        (BATCH_RECORDS, Unit::Count, "Records in an appended batch"),
        (
            POLL_GAP_SECONDS,
            Unit::Seconds,
            "Time between two polls of the broker, which drops members that don't poll",
        ),
    ];
    for (name, unit, description) in histograms {
        describe_histogram!(name, unit, description);
    }
    let gauges = [
        (LAST_SEAL, Unit::Seconds, "When the heads of the chains were last written down, as Unix time"),
        (PARTITIONS, Unit::Count, "Partitions that are being read"),
        (LAG_RECORDS, Unit::Count, "Records of the partition that the log doesn't have yet"),
        (LAG_SECONDS, Unit::Seconds, "For how long the log hasn't had all records of the partition"),
        (PAUSED, Unit::Count, "1 while the partitions are paused because the database is slow or away"),
    ];
    for (name, unit, description) in gauges {
        describe_gauge!(name, unit, description);
    }
    gauge!(PAUSED).set(0.0);
}
