//! What the database says of the log, all of one moment.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use runtime::database::{Object, Transaction};
use schema::{Head, OffsetGap, RetiredRange, Seal, Stream, StreamId};
use serde::{Deserialize, Serialize};

use super::VerifyError;

/// The streams, and what is recorded of them.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) streams: Vec<Stream>,
    pub(super) seals: HashMap<StreamId, Vec<Seal>>,
    pub(super) gaps: HashMap<StreamId, Vec<OffsetGap>>,
    pub(super) retired: HashMap<StreamId, Vec<RetiredRange>>,
    /// Events before the start or beyond the end of their stream.
    pub(super) outside: Vec<(StreamId, i64)>,
    /// Ids in events that no stream has.
    pub(super) unknown: Vec<i32>,
    /// Days that are recorded as retired, and hold events of the stream.
    pub(super) still_there: Vec<(StreamId, NaiveDate)>,
    /// Events before the start of their stream's chain that bear the mark of one: the first of each stream.
    pub(super) marked_before_chain: Vec<(StreamId, i64)>,
    /// Streams that were begun before there was a chain.
    pub(super) older_than_chain: HashSet<StreamId>,
}

/// A head as it was told to somebody outside, to be kept where nobody of the database's can change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedHead {
    /// The topic of the stream.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its lineage.
    pub lineage: i32,
    /// Where it started. Files of earlier versions don't say.
    #[serde(default)]
    pub first_offset: Option<i64>,
    /// Where its chain started.
    pub chain_offset: i64,
    /// The offset after the last event that the head covers.
    pub next_offset: i64,
    /// How many events it covers.
    pub event_count: i64,
    /// The head.
    pub head: Head,
}

impl ExportedHead {
    /// The heads of all streams as of now.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn list(client: &Object) -> Result<Vec<Self>, VerifyError> {
        let rows = client
            .query(
                "-- snapshot::heads
                select topic, partition, lineage, first_offset, chain_offset, next_offset, event_count, head
                from streams order by topic, partition, lineage",
                &[],
            )
            .await?;
        let head = |row: &tokio_postgres::Row| Self {
            topic: row.get("topic"),
            partition: row.get("partition"),
            lineage: row.get("lineage"),
            first_offset: row.get("first_offset"),
            chain_offset: row.get("chain_offset"),
            next_offset: row.get("next_offset"),
            event_count: row.get("event_count"),
            head: row.get("head"),
        };
        Ok(rows.iter().map(head).collect())
    }

    /// Whether it is of this stream.
    pub(super) fn is_of(&self, stream: &Stream) -> bool {
        (&self.topic, self.partition, self.lineage) == (&stream.topic, stream.partition, stream.lineage)
    }
}

impl Snapshot {
    pub(super) async fn take(client: &mut Object) -> Result<Self, VerifyError> {
        let transaction = client
            .build_transaction()
            .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        let snapshot = Self {
            streams: list_streams(&transaction).await?,
            seals: list_seals(&transaction).await?,
            gaps: list_gaps(&transaction).await?,
            retired: list_retired(&transaction).await?,
            outside: list_outside(&transaction).await?,
            unknown: list_unknown(&transaction).await?,
            still_there: list_still_there(&transaction).await?,
            marked_before_chain: list_marked_before_chain(&transaction).await?,
            older_than_chain: list_older_than_chain(&transaction).await?,
        };
        transaction.commit().await?;
        Ok(snapshot)
    }
}

async fn list_streams(transaction: &Transaction<'_>) -> Result<Vec<Stream>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_streams
            select id, topic, partition, topic_id, lineage, first_offset, next_offset, last_record_hash, owner_epoch, chain_offset,
                   event_count, head
            from streams order by id",
            &[],
        )
        .await?;
    Ok(rows.iter().map(Stream::from_row).collect())
}

async fn list_seals(transaction: &Transaction<'_>) -> Result<HashMap<StreamId, Vec<Seal>>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_seals
            select stream_id, next_offset, event_count, head from seals order by stream_id, next_offset",
            &[],
        )
        .await?;
    Ok(by_stream(rows.iter().map(Seal::from_row), |seal| seal.stream))
}

async fn list_gaps(transaction: &Transaction<'_>) -> Result<HashMap<StreamId, Vec<OffsetGap>>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_gaps
            select stream_id, from_offset, to_offset, reason from offset_gaps order by stream_id, from_offset",
            &[],
        )
        .await?;
    Ok(by_stream(rows.iter().map(OffsetGap::from_row), |gap| gap.stream))
}

async fn list_retired(
    transaction: &Transaction<'_>,
) -> Result<HashMap<StreamId, Vec<RetiredRange>>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_retired
            select stream_id, from_offset, to_offset, day, events_before, event_count, head_before, head_after
            from retired_ranges order by stream_id, from_offset",
            &[],
        )
        .await?;
    Ok(by_stream(rows.iter().map(RetiredRange::from_row), |range| range.stream))
}

async fn list_outside(transaction: &Transaction<'_>) -> Result<Vec<(StreamId, i64)>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_outside
            select streams.id, outside.record_offset
            from streams
            cross join lateral (
                (select record_offset from events
                 where stream_id = streams.id and record_offset >= streams.next_offset
                 order by record_offset limit 1)
                union all
                (select record_offset from events
                 where stream_id = streams.id and record_offset < streams.first_offset
                 order by record_offset limit 1)
            ) as outside",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("id"), row.get("record_offset"))).collect())
}

/// Goes from one stream id in the events to the next, so that it costs a look into the index for each.
async fn list_unknown(transaction: &Transaction<'_>) -> Result<Vec<i32>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_unknown
            with recursive known as (
                (select stream_id from events order by stream_id, record_offset limit 1)
                union all
                select (
                    select stream_id from events where events.stream_id > known.stream_id
                    order by stream_id, record_offset limit 1)
                from known where known.stream_id is not null)
            select stream_id from known
            where stream_id is not null and not exists (select from streams where id = stream_id)",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("stream_id")).collect())
}

async fn list_still_there(transaction: &Transaction<'_>) -> Result<Vec<(StreamId, NaiveDate)>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_still_there
            select stream_id, day from (select distinct stream_id, day from retired_ranges) as retired
            where exists (
                select from events
                where appended_at >= day::timestamp at time zone 'UTC'
                    and appended_at < (day + 1)::timestamp at time zone 'UTC')
            order by stream_id, day",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("stream_id"), row.get("day"))).collect())
}

/// What is older than the chain has no mark. Looks at nothing where the chain starts with its stream, as it does but there.
async fn list_marked_before_chain(
    transaction: &Transaction<'_>,
) -> Result<Vec<(StreamId, i64)>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_marked_before_chain
            select streams.id, event.record_offset
            from streams
            cross join lateral (
                select record_offset from events
                where stream_id = streams.id and record_offset < streams.chain_offset and chain_mark is not null
                order by record_offset limit 1
            ) as event
            where streams.chain_offset > streams.first_offset",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("id"), row.get("record_offset"))).collect())
}

/// The chain came with the schema's version 5.
async fn list_older_than_chain(transaction: &Transaction<'_>) -> Result<HashSet<StreamId>, VerifyError> {
    let rows = transaction
        .query(
            "-- snapshot::list_older_than_chain
            select id from streams
            where created_at < (select applied_on::timestamptz from refinery_schema_history where version = 5)",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

fn by_stream<T>(
    items: impl Iterator<Item = T>,
    stream: impl Fn(&T) -> StreamId,
) -> HashMap<StreamId, Vec<T>> {
    let mut groups: HashMap<StreamId, Vec<T>> = HashMap::new();
    for item in items {
        groups.entry(stream(&item)).or_default().push(item);
    }
    groups
}
