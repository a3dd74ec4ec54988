//! Anchors: offsets at which somebody recorded the head.

use chrono::NaiveDate;
use schema::{Head, RetiredRange, Seal, Stream};

use super::finding::Witness;
use super::snapshot::ExportedHead;

/// A head that was recorded at some offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    /// The head covers all events before this.
    pub(super) offset: i64,
    pub(super) head: Head,
    /// How many events it covers.
    pub(super) event_count: i64,
    pub(super) witness: Witness,
    /// Nothing is kept between this and the next anchor: it went with this day.
    pub(super) retired_day: Option<NaiveDate>,
}

impl Anchor {
    /// Whether it is a seal, at this offset.
    pub(super) fn is_seal_at(&self, offset: i64) -> bool {
        (self.witness, self.offset) == (Witness::Seal, offset)
    }
}

/// The anchors of a stream in order, at most one of each witness an offset, from where its chain starts.
pub(super) fn list(
    stream: &Stream,
    seals: &[Seal],
    retired: &[RetiredRange],
    exported: &[&ExportedHead],
) -> Vec<Anchor> {
    let anchor =
        |offset, head, event_count, witness| Anchor { offset, head, event_count, witness, retired_day: None };
    let seal = |seal: &Seal| anchor(seal.next_offset, seal.head, seal.event_count, Witness::Seal);
    let mut anchors: Vec<Anchor> = seals.iter().map(seal).collect();
    let export =
        |head: &&ExportedHead| anchor(head.next_offset, head.head, head.event_count, Witness::Export);
    anchors.extend(exported.iter().map(export));
    anchors.retain(|anchor| !retired.iter().any(|range| range.hides(anchor.offset)));
    for range in retired {
        anchors.push(Anchor {
            retired_day: Some(range.day),
            ..anchor(range.from_offset, range.head_before, range.events_before, Witness::RetiredRange)
        });
        let count = count_after(stream, range);
        anchors.push(anchor(range.to_offset, range.head_after, count, Witness::RetiredRange));
    }
    anchors.push(anchor(stream.next_offset, stream.head, stream.event_count, Witness::Stream));
    // At one offset, what a range begins with comes last, for nothing follows it but the range's end.
    anchors.sort_by_key(|anchor| (anchor.offset, anchor.retired_day.is_some()));
    anchors.retain(|anchor| anchor.offset >= stream.chain_offset);
    let (head, count) =
        start(stream, seals).map_or_else(Default::default, |seal| (seal.head, seal.event_count));
    anchors.insert(0, anchor(stream.chain_offset, head, count, Witness::Seal));
    anchors
}

/// How many events the chain has after a retired range. Those from before the chain aren't in it.
pub(super) fn count_after(stream: &Stream, range: &RetiredRange) -> i64 {
    let is_chained = range.from_offset >= stream.chain_offset;
    range.events_before + if is_chained { range.event_count } else { 0 }
}

/// The seal that a stream's chain starts from: over nothing, unless the log was replayed from archives that start later.
pub(super) fn start<'a>(stream: &Stream, seals: &'a [Seal]) -> Option<&'a Seal> {
    let seal = seals.iter().find(|seal| seal.next_offset == stream.chain_offset)?;
    (seal.event_count > 0 || seal.head == Head::default()).then_some(seal)
}
