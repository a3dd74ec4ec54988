//! The whole log, recomputed by several workers at once.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::database::{Object, Pool};
use schema::{Head, Stream, StreamId};
use serde::Serialize;
use tokio::task::JoinSet;

use super::VerifyError;
use super::anchor::{self, Anchor};
use super::finding::{Finding, What};
use super::hole::Gaps;
use super::segment::Segment;
use super::snapshot::{ExportedHead, LOCK, Snapshot};

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
    /// Everything that isn't as it should be: the first of it between any two recorded heads.
    pub findings: Vec<Finding>,
}

/// Recomputes every chain from the events, with this many workers, and compares it with all that is recorded of it, in the
/// database and in heads that were exported earlier.
///
/// # Errors
/// When the database can't be read.
pub async fn verify_log(
    pool: &Pool,
    workers: usize,
    exported: &[ExportedHead],
    progress: &Progress,
) -> Result<LogCheck, VerifyError> {
    let mut client = pool.get().await?;
    client.execute("select pg_advisory_lock_shared($1)", &[&LOCK]).await?;
    let check = verify_locked(&mut client, pool, workers, exported, progress).await;
    // The lock goes with the connection if it isn't given back here.
    match client.execute("select pg_advisory_unlock_shared($1)", &[&LOCK]).await {
        Ok(_) => {}
        Err(_) => drop(Object::take(client)),
    }
    check
}

async fn verify_locked(
    client: &mut Object,
    pool: &Pool,
    workers: usize,
    exported: &[ExportedHead],
    progress: &Progress,
) -> Result<LogCheck, VerifyError> {
    let snapshot = Snapshot::take(client).await?;
    let mut check = LogCheck { streams: snapshot.streams.len(), ..LogCheck::default() };
    let mut segments = VecDeque::new();
    for stream in &snapshot.streams {
        plan(stream, &snapshot, exported, &mut check, &mut segments);
    }
    check.findings.extend(strangers(&snapshot, exported));
    check.findings.extend(work(pool, workers, segments, progress).await?);
    check.findings.sort_by_key(|finding| (finding.topic.clone(), finding.partition, finding.lineage));
    Ok(check)
}

/// Cuts a stream into segments, and notes what needs no look at its events.
fn plan(
    stream: &Stream,
    snapshot: &Snapshot,
    exported: &[ExportedHead],
    check: &mut LogCheck,
    segments: &mut VecDeque<Segment>,
) {
    let seals = snapshot.seals.get(&stream.id).map_or(&[][..], Vec::as_slice);
    let retired = snapshot.retired.get(&stream.id).map_or(&[][..], Vec::as_slice);
    let exported: Vec<(i64, Head)> =
        exported.iter().filter(|head| head.is_of(stream)).map(|head| (head.next_offset, head.head)).collect();
    let anchors = anchor::list(stream, seals, retired, &exported);
    check.events += stream.event_count.unsigned_abs();
    check.retired += retired.iter().map(|range| range.event_count.unsigned_abs()).sum::<u64>();
    check.unchained += stream.chain_offset.abs_diff(stream.first_offset);
    check.exported_in_retired +=
        exported.iter().filter(|head| retired.iter().any(|range| range.hides(head.0))).count();
    match anchor::start(stream, seals) {
        None => check.findings.push(Finding::of(stream, What::NoStart { offset: stream.chain_offset })),
        Some(head) if head != Head::default() => check.starting_late += 1,
        Some(_) => {}
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
    for anchors in cut(within) {
        segments.push_back(Segment { stream: Arc::clone(&stream), gaps: Arc::clone(&gaps), anchors });
    }
}

/// Each piece starts with the anchor that the one before ends with.
fn cut(anchors: Vec<Anchor>) -> Vec<Vec<Anchor>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Anchor> = Vec::new();
    for anchor in anchors {
        piece.push(anchor);
        if piece.len() > 1 && anchor.offset - piece[0].offset >= SEGMENT_OFFSETS {
            pieces.push(std::mem::replace(&mut piece, vec![anchor]));
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// Events that no stream has, and streams that are gone.
fn strangers(snapshot: &Snapshot, exported: &[ExportedHead]) -> Vec<Finding> {
    let streams = &snapshot.streams;
    let outside = snapshot.outside.iter().filter_map(|&(id, offset)| {
        Some(Finding::of(streams.iter().find(|stream| stream.id == id)?, What::Added { offset }))
    });
    let unknown = snapshot.unknown.iter().map(|&id| Finding::unknown(StreamId(id)));
    let is_there = |head: &ExportedHead| {
        streams.iter().any(|stream| head.is_of(stream) && stream.chain_offset <= head.chain_offset)
    };
    let gone = exported.iter().filter(|head| !is_there(head)).map(|head| Finding {
        topic: head.topic.clone(),
        partition: head.partition,
        lineage: head.lineage,
        what: What::Gone,
    });
    outside.chain(unknown).chain(gone).collect()
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
            let mut findings = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(segment) = next else { return Ok::<_, VerifyError>(findings) };
                findings.extend(segment.verify(&pool, &progress).await?);
            }
        });
    }
    let mut findings = Vec::new();
    while let Some(ended) = set.join_next().await {
        findings.extend(ended.expect("a worker doesn't panic")?);
    }
    Ok(findings)
}
