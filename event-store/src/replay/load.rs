//! The lines of an archive, one after the other: runs, each with its gaps, events and seals.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use runtime::database::Transaction;
use schema::{OffsetGap, Seal};

use super::event::Event;
use super::{ReplayError, event, stream};
use crate::archive::{EventLine, Header, Line, RunEnd, RunStart, SealLine};
use crate::chain::Chain;
use crate::gap;
use crate::verify::Progress;

/// Events that are copied at once, at most.
const CHUNK_EVENTS: usize = 5_000;
/// Bytes of keys and values after which they are copied, too.
const CHUNK_BYTES: usize = 8 << 20;

/// Runs that can't be loaded yet, by their number in the file, and why.
pub(super) type Waiting = BTreeMap<usize, ReplayError>;

/// What became of a file.
pub(super) struct Loaded {
    pub(super) events: u64,
    pub(super) waiting: Waiting,
}

/// What has been loaded so far.
pub(super) struct Load<'a> {
    transaction: &'a Transaction<'a>,
    /// The runs to load, if not all.
    only: Option<&'a Waiting>,
    run_count: usize,
    /// The run that is being loaded: none while one is passed over.
    run: Option<Run>,
    loaded: Loaded,
    progress: &'a Progress,
}

/// The run that is being loaded.
struct Run {
    number: usize,
    /// Its stream stands where it starts.
    is_next: bool,
    start: RunStart,
    chain: Chain,
    waiting: Vec<Event>,
    waiting_bytes: usize,
    gaps: Vec<OffsetGap>,
    seals: Vec<Seal>,
}

impl<'a> Load<'a> {
    pub(super) fn of(
        transaction: &'a Transaction<'a>,
        only: Option<&'a Waiting>,
        progress: &'a Progress,
    ) -> Self {
        let loaded = Loaded { events: 0, waiting: Waiting::new() };
        Self { transaction, only, run_count: 0, run: None, loaded, progress }
    }

    pub(super) fn end(self) -> Loaded {
        self.loaded
    }

    /// Takes the next line of the archive.
    pub(super) async fn line(&mut self, line: Line) -> Result<(), ReplayError> {
        match line {
            Line::Archive(Header { day, .. }) => {
                self.transaction.execute("select create_event_day($1)", &[&day]).await?;
            }
            Line::Run(start) => {
                let RunStart { topic, partition, lineage, head_before, events_before, .. } = &start;
                let chain = Chain::of(topic, *partition, *lineage, *head_before, *events_before);
                let number = self.run_count;
                self.run_count += 1;
                let run = Run {
                    number,
                    is_next: false,
                    start,
                    chain,
                    waiting: Vec::new(),
                    waiting_bytes: 0,
                    gaps: Vec::new(),
                    seals: Vec::new(),
                };
                self.run = Some(run).filter(|_| self.only.is_none_or(|only| only.contains_key(&number)));
            }
            Line::Gap(gap) => self.with_run(|run| run.gaps.push(gap.of(run.start.stream_id))),
            Line::Seal(SealLine { next_offset, event_count, head }) => self.with_run(|run| {
                run.seals.push(Seal { stream: run.start.stream_id, next_offset, event_count, head });
            }),
            Line::Event(event) => {
                self.admit().await?;
                if self.run.is_none() {
                    return Ok(());
                }
                self.with_run(|run| run.push(*event));
                self.loaded.events += 1;
                self.progress.fetch_add(1, Ordering::Relaxed);
                if self.run.as_ref().is_some_and(Run::is_due) {
                    self.copy().await?;
                }
            }
            Line::RunEnd(end) => {
                self.copy().await?;
                self.end_run(&end).await?;
            }
            Line::End { .. } => {}
        }
        Ok(())
    }

    fn with_run(&mut self, change: impl FnOnce(&mut Run)) {
        if let Some(run) = &mut self.run {
            change(run);
        }
    }

    /// Before its first event: a run whose stream isn't there yet waits, and is passed over.
    async fn admit(&mut self) -> Result<(), ReplayError> {
        let Some(run) = self.run.as_mut().filter(|run| !run.is_next) else { return Ok(()) };
        run.is_next = true;
        let stands = stream::next_offset(self.transaction, run.start.stream_id).await?;
        if stands.is_some_and(|next_offset| next_offset < run.first_offset()) {
            self.loaded.waiting.insert(run.number, stream::not_next(&run.start, stands));
            self.run = None;
        }
        Ok(())
    }

    async fn copy(&mut self) -> Result<(), ReplayError> {
        let Some(run) = &mut self.run else { return Ok(()) };
        let stream = run.start.stream_id;
        run.waiting_bytes = 0;
        event::copy(self.transaction, stream, std::mem::take(&mut run.waiting)).await
    }

    /// Begins the stream where the run starts, or finds it there; then moves it to the run's end.
    async fn end_run(&mut self, end: &RunEnd) -> Result<(), ReplayError> {
        let Some(run) = self.run.take() else { return Ok(()) };
        let from_offset = run.first_offset();
        stream::begin(self.transaction, &run.start).await?;
        stream::advance(self.transaction, &run.start, from_offset, end).await?;
        let known = stream::first_offset(self.transaction, run.start.stream_id).await?;
        let gaps: Vec<OffsetGap> = run.gaps.into_iter().filter(|gap| gap.from_offset >= known).collect();
        gap::insert(self.transaction, &gaps).await?;
        stream::insert_seals(self.transaction, &run.seals).await?;
        Ok(())
    }
}

impl Run {
    /// Gaps before its first event included.
    fn first_offset(&self) -> i64 {
        self.gaps.first().map_or(self.start.from_offset, |gap| gap.from_offset.min(self.start.from_offset))
    }

    fn push(&mut self, event: EventLine) {
        let (id, appended_at, record) = (event.id, event.appended_at, event.into_record());
        let mark = self.start.is_chained().then(|| {
            self.chain.push(&record);
            self.chain.mark().to_vec()
        });
        self.waiting_bytes += record.size();
        self.waiting.push(Event { id, appended_at, record, mark });
    }

    fn is_due(&self) -> bool {
        self.waiting.len() >= CHUNK_EVENTS || self.waiting_bytes >= CHUNK_BYTES
    }
}
