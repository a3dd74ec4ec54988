//! The whole log, recomputed by several workers at once.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use runtime::database::{Object, Pool};
use schema::{Head, Stream, StreamId};
use serde::Serialize;
use tokio::task::JoinSet;

use super::VerifyError;
use super::anchor::{self, Anchor};
use super::finding::{Finding, What};
use super::hole::Gaps;
use super::lock;
use super::recorded;
use super::segment::{Days, Segment};
use super::snapshot::{ExportedHead, Snapshot};

/// Events in a segment, about: big enough not to notice its start, small enough to share out.
const SEGMENT_OFFSETS: i64 = 20_000;

/// How many events have been verified so far.
pub type Progress = Arc<AtomicU64>;

/// What came of verifying the log.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LogCheck {
    /// How many streams there are.
    pub streams: usize,
    /// How many events their chains have, those of retired days included.
    pub events: u64,
    /// How many of these belong to retired days: nothing is left of them but what the chain came to.
    pub retired: u64,
    /// Offsets from before there was a chain: nothing here proves their events.
    pub unchained: u64,
    /// Streams that start in the middle of a chain, as in a database that archives were replayed into.
    pub starting_late: usize,
    /// Exported heads that lie within a retired day: only its archive can be compared with them.
    pub exported_in_retired: usize,
    /// Exported heads from before or after what was replayed: they say nothing of it.
    pub exported_elsewhere: usize,
    /// Everything that isn't as it should be: the first of it between any two recorded heads.
    pub findings: Vec<Finding>,
}

/// What the auditor knows of the log from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Heads that were exported earlier.
    pub heads: Vec<ExportedHead>,
    /// That archives were replayed into this database: its streams may begin and end in the middle of their chains. Never taken from
    /// the database itself, or whoever changes it could say so.
    pub is_replay: bool,
}

/// Recomputes every chain from the events, with this many workers, and compares it with all that is recorded of it, in the
/// database and elsewhere.
///
/// # Errors
/// When the database can't be read.
pub async fn verify_log(
    pool: &Pool,
    workers: usize,
    known: &Known,
    progress: &Progress,
) -> Result<LogCheck, VerifyError> {
    let mut client = lock::acquire(pool).await?;
    let check = verify_locked(&mut client, pool, workers, known, progress).await;
    lock::release(client).await;
    check
}

async fn verify_locked(
    client: &mut Object,
    pool: &Pool,
    workers: usize,
    known: &Known,
    progress: &Progress,
) -> Result<LogCheck, VerifyError> {
    let snapshot = Snapshot::take(client).await?;
    let mut check = LogCheck { streams: snapshot.streams.len(), ..LogCheck::default() };
    let mut segments = VecDeque::new();
    for stream in &snapshot.streams {
        plan(stream, &snapshot, known, &mut check, &mut segments);
    }
    check.findings.extend(strangers(&snapshot));
    check.findings.extend(recorded::list_forged(&snapshot));
    check.findings.extend(recorded::list_unchained(&snapshot));
    if !known.is_replay {
        check.findings.extend(snapshot.streams.iter().filter_map(recorded::check_owner));
        check.findings.extend(recorded::list_missing(&snapshot));
        let heads = known.heads.iter();
        check.findings.extend(heads.filter_map(|head| recorded::check_exported(head, &snapshot)));
    }
    check.findings.extend(work(pool, workers, segments, progress).await?);
    check.findings.sort_by_key(|finding| (finding.topic.clone(), finding.partition, finding.lineage));
    Ok(check)
}

/// Cuts a stream into segments, and notes what needs no look at its events.
fn plan(
    stream: &Stream,
    snapshot: &Snapshot,
    known: &Known,
    check: &mut LogCheck,
    segments: &mut VecDeque<Segment>,
) {
    let seals = snapshot.seals.get(&stream.id).map_or(&[][..], Vec::as_slice);
    let retired = snapshot.retired.get(&stream.id).map_or(&[][..], Vec::as_slice);
    let mut exported: Vec<&ExportedHead> = known.heads.iter().filter(|head| head.is_of(stream)).collect();
    if known.is_replay {
        let all = exported.len();
        exported.retain(|head| (stream.chain_offset..=stream.next_offset).contains(&head.next_offset));
        check.exported_elsewhere += all - exported.len();
    }
    let anchors = anchor::list(stream, seals, retired, &exported);
    check.events += stream.event_count.unsigned_abs();
    check.retired += retired.iter().map(|range| range.event_count.unsigned_abs()).sum::<u64>();
    check.unchained += stream.chain_offset.abs_diff(stream.first_offset);
    check.exported_in_retired +=
        exported.iter().filter(|head| retired.iter().any(|range| range.hides(head.next_offset))).count();
    check.findings.extend(recorded::check_start(stream, snapshot, known.is_replay));
    if anchor::start(stream, seals).is_some_and(|seal| seal.head != Head::default()) {
        check.starting_late += 1;
    }
    let (within, beyond): (Vec<Anchor>, Vec<Anchor>) =
        anchors.into_iter().partition(|anchor| anchor.offset <= stream.next_offset);
    if let Some(beyond) = beyond.first() {
        let what = What::Truncated {
            end_offset: stream.next_offset,
            recorded_offset: beyond.offset,
            witness: beyond.witness,
        };
        check.findings.push(Finding::of(stream, what));
    }
    let gaps = Arc::new(Gaps::of(snapshot.gaps.get(&stream.id).into_iter().flatten()));
    let stream = Arc::new(stream.clone());
    for anchors in cut(within, stream.next_offset) {
        let (stream, gaps) = (Arc::clone(&stream), Arc::clone(&gaps));
        segments.push_back(Segment { stream, gaps, anchors, is_replay: known.is_replay });
    }
}

/// Each piece starts with the anchor that the one before ends with.
fn cut(anchors: Vec<Anchor>, end_offset: i64) -> Vec<Vec<Anchor>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Anchor> = Vec::new();
    for anchor in anchors {
        piece.push(anchor);
        // What is recorded of the end is compared with the last event: they go together.
        if piece.len() > 1 && anchor.offset < end_offset && anchor.offset - piece[0].offset >= SEGMENT_OFFSETS
        {
            pieces.push(std::mem::replace(&mut piece, vec![anchor]));
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// Events that no stream has.
fn strangers(snapshot: &Snapshot) -> Vec<Finding> {
    let streams = &snapshot.streams;
    let outside = snapshot.outside.iter().filter_map(|&(id, offset)| {
        Some(Finding::of(streams.iter().find(|stream| stream.id == id)?, What::Added { offset }))
    });
    let unknown = snapshot.unknown.iter().map(|&id| Finding::unknown(StreamId(id)));
    outside.chain(unknown).collect()
}

async fn work(
    pool: &Pool,
    workers: usize,
    segments: VecDeque<Segment>,
    progress: &Progress,
) -> Result<Vec<Finding>, VerifyError> {
    let queue = Arc::new(Mutex::new(segments));
    let mut set = JoinSet::new();
    for _ in 0..workers.max(1) {
        let (queue, pool, progress) = (Arc::clone(&queue), pool.clone(), Arc::clone(progress));
        set.spawn(async move {
            let mut all = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(segment) = next else { return Ok::<_, VerifyError>(all) };
                let verified = segment.verify(&pool, &progress).await?;
                all.push((segment.stream, segment.anchors[0].offset, verified));
            }
        });
    }
    let mut all = Vec::new();
    while let Some(ended) = set.join_next().await {
        all.extend(ended.expect("a worker doesn't panic")?);
    }
    all.sort_by_key(|(stream, from_offset, _)| (stream.id, *from_offset));
    let days = all.iter().filter_map(|(stream, _, verified)| Some((&**stream, verified.days?)));
    let mut findings: Vec<Finding> = list_out_of_order(days).collect();
    findings.extend(all.into_iter().flat_map(|(_, _, verified)| verified.findings));
    Ok(findings)
}

/// Where days go back from one segment to a later one of the same stream.
fn list_out_of_order<'a>(days: impl Iterator<Item = (&'a Stream, Days)>) -> impl Iterator<Item = Finding> {
    let mut latest: Option<(StreamId, NaiveDate)> = None;
    days.filter_map(move |(stream, days)| {
        let before = latest.filter(|(id, _)| *id == stream.id).map(|(_, day)| day);
        // Only the first of those that went back is named, so what follows is compared with them.
        latest = Some((stream.id, days.latest));
        let what = What::OutOfOrder { offset: days.first_offset };
        before.is_some_and(|day| days.first < day).then(|| Finding::of(stream, what))
    })
}
