//! Gaps: offsets that the broker skipped, recorded with the move past them.

use metrics::counter;
use runtime::database::Transaction;
use schema::{OffsetGap, StreamId};
use tracing::{info, warn};

use crate::{AppendError, metric};

/// Records gaps. Belongs in the transaction that moves the streams past them.
pub(crate) async fn insert(transaction: &Transaction<'_>, gaps: &[OffsetGap]) -> Result<(), AppendError> {
    let streams: Vec<StreamId> = gaps.iter().map(|gap| gap.stream).collect();
    let from: Vec<i64> = gaps.iter().map(|gap| gap.from_offset).collect();
    let to: Vec<i64> = gaps.iter().map(|gap| gap.to_offset).collect();
    let reasons: Vec<&str> = gaps.iter().map(|gap| gap.reason.as_str()).collect();
    transaction
        .execute(
            "-- gap::insert
            insert into offset_gaps (stream_id, from_offset, to_offset, reason)
            select * from unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[])",
            &[&streams, &from, &to, &reasons],
        )
        .await?;
    Ok(())
}

/// Says aloud what was recorded.
pub(crate) fn announce(gap: &OffsetGap) {
    counter!(metric::GAP_OFFSETS, "reason" => gap.reason.as_str()).increment(gap.offset_count());
    let OffsetGap { stream, from_offset, to_offset, reason } = gap;
    if reason.is_loss() {
        warn!(stream = stream.0, from_offset, to_offset, %reason, "offsets are missing from the topic: recorded in offset_gaps");
    } else {
        info!(stream = stream.0, from_offset, to_offset, %reason, "offsets without a record: recorded in offset_gaps");
    }
}
