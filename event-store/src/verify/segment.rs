//! Segments: a run of anchors of one stream, and the events between them, recomputed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::NaiveDate;
use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::{Object, Pool};
use schema::{Head, Stream};

use super::anchor::Anchor;
use super::event::{ChainedRecord, read};
use super::finding::{Finding, What, Witness};
use super::hole::{Gaps, Hole};
use super::{Progress, VerifyError};
use crate::chain::Chain;
use crate::seal::SEAL_EVENTS;

/// Events after which the progress is told.
const STRIDE: u64 = 1_024;

/// What one worker verifies at a time.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) stream: Arc<Stream>,
    pub(super) gaps: Arc<Gaps>,
    /// At least two.
    pub(super) anchors: Vec<Anchor>,
    pub(super) is_replay: bool,
}

/// What came of verifying one.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) findings: Vec<Finding>,
    /// The days of what it holds, kept or retired.
    pub(super) days: Option<Days>,
}

/// The day of the first event, and the latest day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    pub(super) first: NaiveDate,
    pub(super) first_offset: i64,
    pub(super) latest: NaiveDate,
}

/// The chain as it is recomputed, event after event.
struct Walk<'a> {
    segment: &'a Segment,
    chain: Chain,
    /// How many events there were so far.
    event_count: i64,
    /// The event before, and its digest.
    last: Option<(i64, [u8; 32])>,
    days: Option<Days>,
    is_out_of_order: bool,
    /// The next anchor to reach.
    next: usize,
    expected_offset: i64,
    /// Something was found since the last anchor: what follows from it is not told again.
    is_spoilt: bool,
    findings: Vec<Finding>,
}

impl Segment {
    /// Recomputes the chain from the first anchor to the last.
    pub(super) async fn verify(&self, pool: &Pool, progress: &Progress) -> Result<Verified, VerifyError> {
        let client = pool.get().await?;
        let [first, .., last] = &self.anchors[..] else {
            return Ok(Verified { findings: Vec::new(), days: None });
        };
        let mut walk = Walk::start(self, first);
        let events = read(&client, self.stream.id, first.offset, last.offset).await?;
        pin_mut!(events);
        let mut count = 0;
        while let Some(event) = events.try_next().await? {
            walk.step(&event);
            count += 1;
            if count % STRIDE == 0 {
                progress.fetch_add(STRIDE, Ordering::Relaxed);
            }
        }
        progress.fetch_add(count % STRIDE, Ordering::Relaxed);
        walk.reach(last.offset);
        let Walk { mut findings, days, .. } = walk;
        for finding in &mut findings {
            if let What::Changed { offset } = finding.what
                && let Some(with_offset) = self.find_swapped(&client, offset).await?
            {
                finding.what = What::Swapped { offset, with_offset };
            }
        }
        Ok(Verified { findings, days })
    }

    /// Whether the event that belongs at an offset is at another one between the same two anchors. Where seals are missing these may
    /// be far apart: then it isn't looked for.
    async fn find_swapped(&self, client: &Object, offset: i64) -> Result<Option<i64>, VerifyError> {
        let after = self.anchors.iter().position(|anchor| anchor.offset > offset).unwrap_or(0).max(1);
        let (from, to) = (&self.anchors[after - 1], &self.anchors[after]);
        if to.event_count - from.event_count > 2 * SEAL_EVENTS {
            return Ok(None);
        }
        let events: Vec<ChainedRecord> =
            read(client, self.stream.id, from.offset, to.offset).await?.try_collect().await?;
        let mut chain = self.chain(from.head);
        let (before, others): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| event.record.offset < offset);
        before.iter().for_each(|event| chain.push(&event.record));
        let belongs_here = |event: &ChainedRecord| {
            let mut chain = chain.clone();
            let mut record = event.record.clone();
            record.offset = offset;
            chain.push(&record);
            let is_marked_so = |event: &ChainedRecord| event.mark.as_deref() == Some(&chain.mark()[..]);
            event.record.offset != offset && (is_marked_so(event) || others.first().is_some_and(is_marked_so))
        };
        Ok(others.iter().find(|event| belongs_here(event)).map(|event| event.record.offset))
    }

    fn chain(&self, head: Head) -> Chain {
        Chain::of(&self.stream.topic, self.stream.partition, self.stream.lineage, head, 0)
    }
}

impl<'a> Walk<'a> {
    fn start(segment: &'a Segment, first: &Anchor) -> Self {
        Self {
            segment,
            chain: segment.chain(first.head),
            event_count: first.event_count,
            last: None,
            days: None,
            is_out_of_order: false,
            next: 1,
            expected_offset: first.offset,
            is_spoilt: false,
            findings: Vec::new(),
        }
    }

    fn step(&mut self, event: &ChainedRecord) {
        let offset = event.record.offset;
        self.reach(offset);
        if self.is_retired() || self.segment.gaps.contain(offset) {
            self.found(What::Added { offset });
            return;
        }
        let hole = self.segment.gaps.cross(self.expected_offset, offset);
        match hole {
            Hole::Explained => {}
            Hole::Missing(from_offset, to_offset) => self.found(What::Missing { from_offset, to_offset }),
            Hole::Added => self.found(What::Added { offset }),
        }
        self.expected_offset = self.expected_offset.max(offset + 1);
        let digest = event.record.digest();
        self.chain.push_digest(&digest);
        self.event_count += 1;
        self.last = Some((offset, digest));
        if event.is_readable && hole == Hole::Explained {
            self.pass_day(event.appended_at.date_naive(), offset);
        }
        if !event.is_readable || event.mark.as_deref() != Some(&self.chain.mark()[..]) {
            self.found(What::Changed { offset });
        }
        let is_sealed =
            || self.segment.anchors[self.next..].iter().any(|anchor| anchor.is_seal_at(offset + 1));
        if self.event_count % SEAL_EVENTS == 0 && !is_sealed() {
            self.found(What::Unsealed { offset: offset + 1 });
        }
    }

    /// Days go up with the offsets, as the clock does.
    fn pass_day(&mut self, day: NaiveDate, offset: i64) {
        let days = self.days.get_or_insert(Days { first: day, first_offset: offset, latest: day });
        if day < days.latest && !std::mem::replace(&mut self.is_out_of_order, true) {
            self.findings.push(Finding::of(&self.segment.stream, What::OutOfOrder { offset }));
        }
        days.latest = days.latest.max(day);
    }

    /// Passes the anchors up to an offset, each of which must agree.
    fn reach(&mut self, offset: i64) {
        while let Some(&anchor) = self.segment.anchors.get(self.next)
            && anchor.offset <= offset
        {
            let from_offset = self.segment.anchors[self.next - 1].offset;
            if !self.is_retired() {
                if let Hole::Missing(from_offset, to_offset) =
                    self.segment.gaps.cross(self.expected_offset, anchor.offset)
                {
                    self.found(What::Missing { from_offset, to_offset });
                }
                let computed = self.chain.head();
                if computed != anchor.head {
                    self.found(What::Broken {
                        from_offset,
                        to_offset: anchor.offset,
                        witness: anchor.witness,
                        recorded: anchor.head,
                        computed,
                    });
                }
                self.check_count(&anchor);
                self.check_last(&anchor);
            } else {
                self.event_count = anchor.event_count;
            }
            if let Some(day) = anchor.retired_day {
                self.pass_day(day, anchor.offset);
            }
            self.chain = self.chain.at(anchor.head);
            // An event beyond a gap that reaches over the anchor is still expected there.
            self.expected_offset = self.expected_offset.max(anchor.offset);
            self.next += 1;
            self.is_spoilt = false;
        }
    }

    fn check_count(&mut self, anchor: &Anchor) {
        if self.is_spoilt {
            self.event_count = anchor.event_count;
        } else if self.event_count != anchor.event_count {
            self.found(What::Miscounted {
                offset: anchor.offset,
                witness: anchor.witness,
                recorded: anchor.event_count,
                counted: self.event_count,
            });
        }
    }

    /// The digest by which a consumer recognises its topic again. Whoever replays archives doesn't know it.
    fn check_last(&mut self, anchor: &Anchor) {
        let Some((offset, digest)) = self.last else { return };
        let stream = &self.segment.stream;
        if anchor.witness == Witness::Stream
            && offset + 1 == stream.next_offset
            && !self.segment.is_replay
            && stream.last_record_hash.as_deref() != Some(&digest[..])
        {
            self.found(What::LastDigest { offset });
        }
    }

    fn is_retired(&self) -> bool {
        self.segment.anchors[self.next - 1].retired_day.is_some()
    }

    /// Only the first finding between two anchors says something: the rest follows from it.
    fn found(&mut self, what: What) {
        if !std::mem::replace(&mut self.is_spoilt, true) {
            self.findings.push(Finding::of(&self.segment.stream, what));
        }
    }
}
