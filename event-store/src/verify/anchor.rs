//! Anchors: offsets at which somebody recorded the head.

use schema::{Head, RetiredRange, Seal, Stream};

use super::finding::Witness;

/// A head that was recorded at some offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    /// The head covers all events before this.
    pub(super) offset: i64,
    pub(super) head: Head,
    pub(super) witness: Witness,
    /// Nothing is kept between this and the next anchor.
    pub(super) is_retired_from_here: bool,
}

/// The anchors of a stream in order, at most one of each witness an offset, from where its chain starts.
pub(super) fn list(
    stream: &Stream,
    seals: &[Seal],
    retired: &[RetiredRange],
    exported: &[(i64, Head)],
) -> Vec<Anchor> {
    let anchor = |offset, head, witness| Anchor { offset, head, witness, is_retired_from_here: false };
    let mut anchors: Vec<Anchor> =
        seals.iter().map(|seal| anchor(seal.next_offset, seal.head, Witness::Seal)).collect();
    anchors.extend(exported.iter().map(|&(offset, head)| anchor(offset, head, Witness::Export)));
    anchors.retain(|anchor| !retired.iter().any(|range| range.hides(anchor.offset)));
    for range in retired {
        anchors.push(Anchor {
            is_retired_from_here: true,
            ..anchor(range.from_offset, range.head_before, Witness::RetiredRange)
        });
        anchors.push(anchor(range.to_offset, range.head_after, Witness::RetiredRange));
    }
    anchors.push(anchor(stream.next_offset, stream.head, Witness::Stream));
    // At one offset, what a range begins with comes last, for nothing follows it but the range's end.
    anchors.sort_by_key(|anchor| (anchor.offset, anchor.is_retired_from_here));
    anchors.retain(|anchor| anchor.offset >= stream.chain_offset);
    let start = start(stream, seals).unwrap_or_default();
    anchors.insert(0, anchor(stream.chain_offset, start, Witness::Seal));
    anchors
}

/// The head that a stream's chain starts from: nothing, unless the log was replayed from archives that start later.
pub(super) fn start(stream: &Stream, seals: &[Seal]) -> Option<Head> {
    let seal = seals.iter().find(|seal| seal.next_offset == stream.chain_offset)?;
    (seal.event_count > 0 || seal.head == Head::default()).then_some(seal.head)
}
