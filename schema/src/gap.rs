//! Gaps: offsets that the broker skipped.

use crate::StreamId;

/// A row of `offset_gaps`: the broker went from `from_offset` to `to_offset` without handing out what lies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetGap {
    /// The stream that has the gap.
    pub stream: StreamId,
    /// The first missing offset.
    pub from_offset: i64,
    /// The first offset that is there again.
    pub to_offset: i64,
}
