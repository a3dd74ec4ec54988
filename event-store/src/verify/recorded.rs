//! What is recorded of the log, compared with itself: no event is looked at.

use std::collections::BTreeMap;

use schema::{Head, OffsetGap, Stream};

use super::anchor;
use super::finding::{Finding, What};
use super::snapshot::{ExportedHead, Snapshot};

/// Gaps that can't be, and retired ranges of days that are still there: whoever forges either wants something to look explained.
pub(super) fn list_forged(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stream in &snapshot.streams {
        let mut end = stream.first_offset;
        for &OffsetGap { from_offset, to_offset, .. } in snapshot.gaps.get(&stream.id).into_iter().flatten() {
            if from_offset < end || to_offset > stream.next_offset {
                findings.push(Finding::of(stream, What::Gap { from_offset, to_offset }));
            }
            end = end.max(to_offset);
        }
        let still_there = snapshot.still_there.iter().filter(|(id, _)| *id == stream.id);
        findings.extend(still_there.map(|&(_, day)| Finding::of(stream, What::NotRetired { day })));
    }
    findings
}

/// Where a stream's chain starts, which only a stream older than the chain and one that was replayed may choose.
pub(super) fn check_start(stream: &Stream, snapshot: &Snapshot, is_replay: bool) -> Option<Finding> {
    let seals = snapshot.seals.get(&stream.id).map_or(&[][..], Vec::as_slice);
    let Stream { first_offset, chain_offset, .. } = *stream;
    let Some(start) = anchor::start(stream, seals) else {
        return Some(Finding::of(stream, What::NoStart { offset: chain_offset }));
    };
    let is_whole = chain_offset == first_offset || snapshot.older_than_chain.contains(&stream.id);
    let is_from_nothing = (start.event_count, start.head) == (0, Head::default());
    let is_right = is_replay || (is_whole && is_from_nothing);
    (!is_right).then(|| Finding::of(stream, What::StartsLate { first_offset, chain_offset }))
}

/// A consumer takes a stream over before it appends; whoever replays archives doesn't. So this is either a replay that the auditor
/// should have said it is, or a change that would have it taken for one.
pub(super) fn check_owner(stream: &Stream) -> Option<Finding> {
    (stream.owner_epoch == 0 && stream.event_count > 0).then(|| Finding::of(stream, What::NeverTaken))
}

/// Events from before the chain's start that were once in the chain: the start was moved.
pub(super) fn list_unchained(snapshot: &Snapshot) -> Vec<Finding> {
    let stream = |id| snapshot.streams.iter().find(|stream| stream.id == id);
    let marked = snapshot.marked_before_chain.iter();
    marked.filter_map(|&(id, offset)| Some(Finding::of(stream(id)?, What::Unchained { offset }))).collect()
}

/// Streams that are missing among the lineages of their partition. That of the last one only an exported head can show.
pub(super) fn list_missing(snapshot: &Snapshot) -> Vec<Finding> {
    let mut partitions: BTreeMap<(&str, i32), Vec<&Stream>> = BTreeMap::new();
    for stream in &snapshot.streams {
        partitions.entry((&stream.topic, stream.partition)).or_default().push(stream);
    }
    let mut findings = Vec::new();
    for ((topic, partition), streams) in partitions {
        let last = streams.iter().map(|stream| stream.lineage).max().unwrap_or_default();
        let missing = (0..last).filter(|lineage| streams.iter().all(|stream| stream.lineage != *lineage));
        findings.extend(missing.map(|lineage| Finding {
            topic: topic.to_owned(),
            partition,
            lineage,
            what: What::NoStream,
        }));
    }
    findings
}

/// What an exported head says of its stream's beginning.
pub(super) fn check_exported(head: &ExportedHead, snapshot: &Snapshot) -> Option<Finding> {
    let Some(stream) = snapshot.streams.iter().find(|stream| head.is_of(stream)) else {
        let ExportedHead { ref topic, partition, lineage, .. } = *head;
        return Some(Finding { topic: topic.clone(), partition, lineage, what: What::Gone });
    };
    if stream.chain_offset > head.chain_offset {
        return Some(Finding::of(stream, What::Gone));
    }
    let exported_offset = head.first_offset.filter(|&offset| offset != stream.first_offset)?;
    let first_offset = stream.first_offset;
    Some(Finding::of(stream, What::FirstOffset { first_offset, exported_offset }))
}
