//! Replaying: archived days loaded into a database of their own, for an audit.

use std::path::Path;
use std::sync::atomic::Ordering;

use chrono::NaiveDate;
use futures_util::pin_mut;
use runtime::database::{Object, Pool, PoolError, PoolOptions, Role, Transaction};
use schema::{OffsetGap, Seal, StreamId};
use thiserror::Error;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::archive::{ArchiveError, EventLine, Header, Line, Reader, RunEnd, RunStart, SealLine};
use crate::chain::Chain;
use crate::verify::Progress;
use crate::{AppendError, gap};

/// Events that are copied at once.
const CHUNK: usize = 5_000;

/// Why an archive wasn't loaded. Nothing of it is then in the database.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// No connection was to be had.
    #[error("no database connection")]
    Pool(#[from] PoolError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// The gaps could not be written.
    #[error("the database failed")]
    Append(#[from] AppendError),
    /// The file isn't what was archived.
    #[error("the archive can't be used")]
    Archive(#[from] ArchiveError),
    /// It doesn't follow what was loaded before.
    #[error(
        "{topic} partition {partition} lineage {lineage}: the archive goes on at offset {from_offset}, the database stands at \
         {next_offset} or elsewhere in the chain: load every day once and none between left out"
    )]
    NotNext {
        /// The topic of the stream.
        topic: String,
        /// Its partition.
        partition: i32,
        /// Its lineage.
        lineage: i32,
        /// Where the archive goes on.
        from_offset: i64,
        /// Where the database stands.
        next_offset: i64,
    },
    /// The database is somebody's.
    #[error(
        "the database holds events that no archive brought: replay into a database of its own (--db-name)"
    )]
    NotForReplay,
}

/// The connections that replaying needs.
pub fn pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker replay",
        role: Role::Migrator,
        max_size: 1,
        statement_timeout: std::time::Duration::from_secs(3_600),
        is_read_only: false,
    }
}

/// The day of an archive.
///
/// # Errors
/// When the file isn't one.
pub fn day_of(file: &Path) -> Result<NaiveDate, ArchiveError> {
    match Reader::open(file)?.next().transpose()? {
        Some(Line::Archive(Header { day, .. })) => Ok(day),
        _ => unreachable!("the reader refuses an archive without a header"),
    }
}

/// Loads an archive in one transaction, verified on the way: streams, events with their ids and times, gaps and seals.
///
/// # Errors
/// Nothing is loaded after any.
pub async fn replay(pool: &Pool, file: &Path, progress: &Progress) -> Result<u64, ReplayError> {
    let mut client: Object = pool.get().await?;
    let transaction = client.transaction().await?;
    refuse_live(&transaction).await?;
    let mut load = Load { transaction: &transaction, run: None, events: 0, progress };
    for line in Reader::open(file)? {
        load.line(line?).await?;
    }
    let events = load.events;
    transaction.commit().await?;
    Ok(events)
}

/// A database that a consumer appends to is no place for an audit.
async fn refuse_live(transaction: &Transaction<'_>) -> Result<(), ReplayError> {
    let sql = "-- replay::refuse_live
        select exists (select from streams where owner_epoch > 0) as is_live";
    let is_live: bool = transaction.query_one(sql, &[]).await?.get("is_live");
    if is_live { Err(ReplayError::NotForReplay) } else { Ok(()) }
}

struct Load<'a> {
    transaction: &'a Transaction<'a>,
    run: Option<Run>,
    events: u64,
    progress: &'a Progress,
}

/// The run that is being loaded.
struct Run {
    start: RunStart,
    chain: Chain,
    waiting: Vec<(EventLine, Option<Vec<u8>>)>,
    gaps: Vec<OffsetGap>,
    seals: Vec<Seal>,
}

impl Load<'_> {
    async fn line(&mut self, line: Line) -> Result<(), ReplayError> {
        match line {
            Line::Archive(Header { day, .. }) => {
                self.transaction.execute("select create_event_day($1)", &[&day]).await?;
            }
            Line::Run(start) => {
                let RunStart { topic, partition, lineage, head_before, events_before, .. } = &start;
                let chain = Chain::of(topic, *partition, *lineage, *head_before, *events_before);
                self.run =
                    Some(Run { start, chain, waiting: Vec::new(), gaps: Vec::new(), seals: Vec::new() });
            }
            Line::Gap(gap) => self.with_run(|run| run.gaps.push(gap.of(run.start.stream_id))),
            Line::Seal(SealLine { next_offset, event_count, head }) => self.with_run(|run| {
                run.seals.push(Seal { stream: run.start.stream_id, next_offset, event_count, head });
            }),
            Line::Event(event) => {
                self.with_run(|run| run.push(*event));
                self.events += 1;
                self.progress.fetch_add(1, Ordering::Relaxed);
                if self.run.as_ref().is_some_and(|run| run.waiting.len() >= CHUNK) {
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
        change(self.run.as_mut().expect("the reader refuses what belongs in a run and is in none"));
    }

    async fn copy(&mut self) -> Result<(), ReplayError> {
        let Some(run) = &mut self.run else { return Ok(()) };
        let stream = run.start.stream_id;
        copy(self.transaction, stream, std::mem::take(&mut run.waiting)).await
    }

    /// Begins the stream where the run starts, or finds it there; then moves it to the run's end.
    async fn end_run(&mut self, end: &RunEnd) -> Result<(), ReplayError> {
        let Some(run) = self.run.take() else { return Ok(()) };
        let from_offset =
            run.gaps.first().map_or(run.start.from_offset, |gap| gap.from_offset.min(run.start.from_offset));
        begin(self.transaction, &run.start).await?;
        advance(self.transaction, &run.start, from_offset, end).await?;
        let known = self.first_offset(run.start.stream_id).await?;
        let gaps: Vec<OffsetGap> = run.gaps.into_iter().filter(|gap| gap.from_offset >= known).collect();
        gap::insert(self.transaction, &gaps).await?;
        insert_seals(self.transaction, &run.seals).await?;
        Ok(())
    }

    async fn first_offset(&self, stream: StreamId) -> Result<i64, ReplayError> {
        let sql = "-- replay::first_offset
            select first_offset from streams where id = $1";
        Ok(self.transaction.query_one(sql, &[&stream]).await?.get("first_offset"))
    }
}

impl Run {
    fn push(&mut self, event: EventLine) {
        let mark = self.start.is_chained().then(|| {
            self.chain.push(&event.clone().into_record());
            self.chain.mark().to_vec()
        });
        self.waiting.push((event, mark));
    }
}

/// The first run of a stream begins it, in the middle of its chain; the seal says where.
async fn begin(transaction: &Transaction<'_>, start: &RunStart) -> Result<(), ReplayError> {
    let RunStart { stream_id, topic, partition, lineage, from_offset, events_before, head_before, .. } =
        start;
    let chain_offset = start.chain_offset.max(*from_offset);
    transaction
        .execute(
            "-- replay::begin
            with begun as (
                insert into streams (
                    id, topic, partition, lineage, first_offset, next_offset, chain_offset, event_count, head)
                overriding system value
                values ($1, $2, $3, $4, $5, $5, $8, $6, $7)
                on conflict do nothing
                returning id, chain_offset, event_count, head)
            insert into seals (stream_id, next_offset, event_count, head)
            select id, chain_offset, event_count, head from begun",
            &[stream_id, topic, partition, lineage, from_offset, events_before, head_before, &chain_offset],
        )
        .await?;
    Ok(())
}

async fn advance(
    transaction: &Transaction<'_>,
    start: &RunStart,
    from_offset: i64,
    end: &RunEnd,
) -> Result<(), ReplayError> {
    let event_count = start.events_before + end.event_count;
    let parameters: [&(dyn ToSql + Sync); 10] = [
        &start.stream_id,
        &start.topic,
        &start.partition,
        &start.lineage,
        &from_offset,
        &start.from_offset,
        &start.head_before,
        &end.to_offset,
        &event_count,
        &end.head_after,
    ];
    let moved = transaction
        .execute(
            "-- replay::advance
            update streams set next_offset = $8, event_count = $9, head = $10
            where id = $1 and topic = $2 and partition = $3 and lineage = $4 and next_offset in ($5, $6) and head = $7",
            &parameters,
        )
        .await?;
    if moved == 1 {
        return Ok(());
    }
    let stands = transaction
        .query_opt("-- replay::stands\nselect next_offset from streams where id = $1", &[&start.stream_id])
        .await?;
    Err(ReplayError::NotNext {
        topic: start.topic.clone(),
        partition: start.partition,
        lineage: start.lineage,
        from_offset: start.from_offset,
        next_offset: stands.map_or(0, |row| row.get("next_offset")),
    })
}

async fn insert_seals(transaction: &Transaction<'_>, seals: &[Seal]) -> Result<(), ReplayError> {
    for seal in seals {
        transaction
            .execute(
                "-- replay::insert_seals
                insert into seals (stream_id, next_offset, event_count, head) values ($1, $2, $3, $4)
                on conflict do nothing",
                &[&seal.stream, &seal.next_offset, &seal.event_count, &seal.head],
            )
            .await?;
    }
    Ok(())
}

async fn copy(
    transaction: &Transaction<'_>,
    stream: StreamId,
    events: Vec<(EventLine, Option<Vec<u8>>)>,
) -> Result<(), ReplayError> {
    const TYPES: [Type; 10] = [
        Type::INT8,
        Type::TIMESTAMPTZ,
        Type::INT4,
        Type::INT8,
        Type::INT8,
        Type::BYTEA,
        Type::BYTEA,
        Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY,
        Type::BYTEA,
    ];
    let sink = transaction
        .copy_in(
            "-- replay::copy
            copy events (id, appended_at, stream_id, record_offset, timestamp_ms, key, value, header_names, header_values,
                         chain_mark)
            from stdin (format binary)",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &TYPES);
    pin_mut!(writer);
    for (event, mark) in events {
        let (id, appended_at) = (event.id, event.appended_at);
        let record = event.into_record();
        let row: [&(dyn ToSql + Sync); 10] = [
            &id,
            &appended_at,
            &stream,
            &record.offset,
            &record.timestamp_ms,
            &record.key,
            &record.value,
            &record.header_names,
            &record.header_values,
            &mark,
        ];
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(())
}
