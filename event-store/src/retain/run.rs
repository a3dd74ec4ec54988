//! Runs: what a day holds of a stream, cut where another day holds what comes between.

use std::pin::Pin;
use std::sync::atomic::Ordering;

use futures_util::{Stream as EventStream, TryStreamExt as _};
use runtime::database::{Object, Pool};
use schema::{RetiredRange, Seal, Stream, StreamId};

use super::{EventDay, RetainError, write};
use crate::archive::{GapLine, Line, RunEnd, RunStart, SealLine, Writer};
use crate::chain::Chain;
use crate::verify::{ChainedRecord, Finding, Gaps, Hole, Progress, Segments, What, read_table};

type Events = Pin<Box<dyn EventStream<Item = Result<ChainedRecord, tokio_postgres::Error>> + Send>>;

/// The runs of one stream in a day.
pub(super) struct Runs<'a> {
    pool: &'a Pool,
    day: &'a EventDay,
    segments: &'a Segments,
    stream: &'a Stream,
    gaps: Gaps,
    events: Events,
    /// Whose connection the events come over: nobody else may use it meanwhile.
    _client: Object,
    /// The first event of the next run, once it was read.
    ahead: Option<ChainedRecord>,
    progress: &'a Progress,
}

impl<'a> Runs<'a> {
    pub(super) async fn of(
        pool: &'a Pool,
        day: &'a EventDay,
        segments: &'a Segments,
        stream: StreamId,
        progress: &'a Progress,
    ) -> Result<Self, RetainError> {
        let client = pool.get().await?;
        let mut events: Events = Box::pin(read_table(&client, &day.table(), stream, 0, i64::MAX).await?);
        let ahead = events.try_next().await?;
        let stream = segments.stream(stream);
        let gaps = Gaps::of(segments.gaps(stream.id));
        Ok(Self { pool, day, segments, stream, gaps, events, _client: client, ahead, progress })
    }

    /// The next run, its events written to the archive.
    pub(super) async fn next(
        &mut self,
        writer: &mut Option<Writer>,
    ) -> Result<Option<RetiredRange>, RetainError> {
        let Some(first) = self.ahead.take() else { return Ok(None) };
        let from_offset = first.record.offset;
        let mut chain = self.segments.chain_at(self.pool, self.stream, from_offset).await?;
        let start = self.start(from_offset, &chain);
        let is_chained = start.is_chained();
        write(writer, || Line::Run(start.clone()))?;
        self.write_gaps(writer, self.leading_gap(from_offset), from_offset)?;
        let (mut event_count, mut to_offset) = (0, from_offset);
        let mut event = Some(first);
        while let Some(next) = event.take() {
            let offset = next.record.offset;
            if !next.is_readable {
                return Err(RetainError::Tampered(Finding::of(self.stream, What::Changed { offset })));
            }
            let continues = is_chained == (offset >= self.stream.chain_offset)
                && self.gaps.cross(to_offset, offset) == Hole::Explained;
            if !continues {
                self.ahead = Some(next);
                break;
            }
            self.write_gaps(writer, to_offset, offset)?;
            if is_chained {
                chain.push(&next.record);
            }
            event_count += 1;
            to_offset = offset + 1;
            write(writer, || Line::Event(Box::new(next.into())))?;
            if let Some(seal) = self.seal_at(to_offset) {
                write(writer, || Line::Seal(SealLine::from(seal)))?;
            }
            self.progress.fetch_add(1, Ordering::Relaxed);
            event = self.events.try_next().await?;
        }
        let head_after = chain.head();
        write(writer, || Line::RunEnd(RunEnd { to_offset, event_count, head_after }))?;
        let RunStart { stream_id: stream, events_before, head_before, .. } = start;
        let day = self.day.day;
        Ok(Some(RetiredRange {
            stream,
            from_offset,
            to_offset,
            day,
            events_before,
            event_count,
            head_before,
            head_after,
        }))
    }

    fn start(&self, from_offset: i64, chain: &Chain) -> RunStart {
        let Stream { id, topic, partition, lineage, chain_offset, .. } = self.stream;
        RunStart {
            stream_id: *id,
            topic: topic.clone(),
            partition: *partition,
            lineage: *lineage,
            from_offset,
            chain_offset: *chain_offset,
            events_before: chain.event_count(),
            head_before: chain.head(),
        }
    }

    fn seal_at(&self, next_offset: i64) -> Option<&Seal> {
        let seals = self.segments.seals(self.stream.id);
        let found = seals.binary_search_by_key(&next_offset, |seal| seal.next_offset).ok()?;
        Some(&seals[found])
    }

    /// Where the gaps begin that end just before an offset.
    fn leading_gap(&self, mut offset: i64) -> i64 {
        let gaps = self.segments.gaps(self.stream.id);
        let before = &gaps[..gaps.partition_point(|gap| gap.from_offset < offset)];
        for gap in before.iter().rev() {
            if gap.to_offset != offset {
                break;
            }
            offset = gap.from_offset;
        }
        offset
    }

    fn write_gaps(&self, writer: &mut Option<Writer>, from: i64, to: i64) -> Result<(), RetainError> {
        if from < to {
            let gaps = self.segments.gaps(self.stream.id);
            let gaps = gaps[gaps.partition_point(|gap| gap.from_offset < from)..].iter();
            for gap in gaps.take_while(|gap| gap.to_offset <= to) {
                write(writer, || Line::Gap(GapLine::from(gap)))?;
            }
        }
        Ok(())
    }
}
