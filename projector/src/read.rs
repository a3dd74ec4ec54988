//! Reading the event log: what lies beyond the cursors.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Object;
use schema::{Event, GenerationId, StreamId};
use tokio_postgres::types::ToSql;

use crate::batch::{Batch, Move, deal};
use crate::pace::Pace;
use crate::shard::Shard;
use crate::{Generation, ProjectError};

/// How much to read at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

/// How the log is read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) limits: Limits,
    /// How often.
    pub(crate) turns: usize,
    /// How much of the limits at once.
    pub(crate) pace: Arc<Pace>,
}

/// Reads the log for a generation, on from where its shards stand.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    generation: Generation,
    reading: &'a Reading,
    turns: usize,
    /// Big events: fewer of them are asked for, so that few are read in vain.
    events: usize,
    /// By stream and shard, the first offset that isn't read.
    cursors: HashMap<StreamId, Vec<i64>>,
}

/// A stream that has events beyond its cursor.
#[derive(Clone, Copy, Debug)]
struct Backlog {
    stream: StreamId,
    next_offset: i64,
    end_offset: i64,
}

/// What was read: a batch for each shard, in order.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) batches: Vec<Batch>,
}

impl Reading {
    /// All there is, in pieces of this size.
    pub(crate) fn all(limits: Limits) -> Self {
        Self { limits, turns: usize::MAX, pace: Arc::default() }
    }
}

impl<'a> Reader<'a> {
    /// A reader that goes on where the generation's cursors are.
    pub(crate) async fn open(
        client: &Object,
        generation: Generation,
        reading: &'a Reading,
    ) -> Result<Self, ProjectError> {
        let cursors = list_cursors(client, &generation).await?;
        Ok(Self { generation, reading, turns: reading.turns, events: reading.limits.events, cursors })
    }

    /// The next events, an equal share of each stream that has some, in the order of their offsets.
    pub(crate) async fn next(&mut self, client: &Object) -> Result<Option<Read>, ProjectError> {
        let Some(turns) = self.turns.checked_sub(1) else { return Ok(None) };
        self.turns = turns;
        let backlog = self.list_backlog(client).await?;
        if backlog.is_empty() {
            return Ok(None);
        }
        let Reading { limits: most, pace, .. } = self.reading;
        let limits =
            Limits { events: self.events.min(pace.share(most.events)), bytes: pace.share(most.bytes) };
        let events = list_events(client, &backlog, limits).await?;
        let bytes: usize = events.iter().map(|event| event.value.as_ref().map_or(0, Vec::len)).sum();
        let is_cut = bytes >= limits.bytes;
        self.events =
            if is_cut { (self.events / 2).max(1) } else { self.events.saturating_mul(2).min(most.events) };
        let mut batches = self.advance(&ends(&backlog, &events, is_cut));
        deal(events, &self.generation, &mut batches);
        Ok(Some(Read { batches }))
    }

    /// Every stream that has events beyond what was read. One that is new is read from its start.
    async fn list_backlog(&mut self, client: &Object) -> Result<Vec<Backlog>, ProjectError> {
        let (streams, offsets): (Vec<StreamId>, Vec<i64>) =
            self.cursors.iter().map(|(stream, shards)| (*stream, lowest(shards))).unzip();
        let statement = client
            .prepare_cached(
                "-- read::list_backlog
                select streams.id, coalesce(known.next_offset, streams.first_offset) as next_offset,
                       streams.next_offset as end_offset
                from streams
                left join unnest($1::int[], $2::bigint[]) as known(stream_id, next_offset) on known.stream_id = streams.id
                where streams.next_offset > coalesce(known.next_offset, streams.first_offset)
                order by streams.id",
            )
            .await?;
        let rows = client.query(&statement, &[&streams, &offsets]).await?;
        let backlog = |row: &tokio_postgres::Row| Backlog {
            stream: row.get("id"),
            next_offset: row.get("next_offset"),
            end_offset: row.get("end_offset"),
        };
        let backlog: Vec<Backlog> = rows.iter().map(backlog).collect();
        let shard_count =
            usize::try_from(self.generation.shard_count).expect("it is checked to be 1 or more");
        for stream in &backlog {
            self.cursors.entry(stream.stream).or_insert_with(|| vec![stream.next_offset; shard_count]);
        }
        Ok(backlog)
    }

    /// Moves every shard to the ends of what was read. Gives the batches that are to be filled.
    fn advance(&mut self, ends: &[Move]) -> Vec<Batch> {
        let mut batches: Vec<Batch> =
            Shard::all(self.generation.shard_count).map(|shard| Batch::empty(shard, Vec::new())).collect();
        for end in ends {
            let cursors = self.cursors.get_mut(&end.stream).expect("its backlog was listed");
            for (cursor, batch) in cursors.iter_mut().zip(&mut batches) {
                if *cursor < end.to_offset {
                    batch.moves.push(Move { from_offset: *cursor, ..*end });
                    *cursor = end.to_offset;
                }
            }
        }
        batches
    }
}

/// By stream, from its cursor to after the last of its events that were read. A stream that has none left has only gaps before
/// its end, unless the reading was cut before it.
fn ends(backlog: &[Backlog], events: &[Event], is_cut: bool) -> Vec<Move> {
    let mut ends: HashMap<StreamId, i64> = HashMap::new();
    for Event { position, .. } in events {
        let end_offset = ends.entry(position.stream).or_default();
        *end_offset = (position.offset + 1).max(*end_offset);
    }
    let end = |stream: &Backlog| {
        let to_offset = ends.get(&stream.stream).copied().or((!is_cut).then_some(stream.end_offset))?;
        Some(Move { stream: stream.stream, from_offset: stream.next_offset, to_offset })
    };
    backlog.iter().filter_map(end).collect()
}

fn lowest(cursors: &[i64]) -> i64 {
    cursors.iter().copied().min().unwrap_or_default()
}

async fn list_cursors(
    client: &Object,
    generation: &Generation,
) -> Result<HashMap<StreamId, Vec<i64>>, ProjectError> {
    let statement = client
        .prepare_cached(
            "-- read::list_cursors
            select streams.id, coalesce(cursors.next_offset, streams.first_offset) as next_offset
            from streams
            cross join generate_series(0, $2::int - 1) as each(shard)
            left join cursors
                on cursors.generation_id = $1 and cursors.shard = each.shard and cursors.stream_id = streams.id
            order by streams.id, each.shard",
        )
        .await?;
    let GenerationId(id) = generation.id;
    let rows = client.query(&statement, &[&id, &i32::from(generation.shard_count)]).await?;
    let mut cursors: HashMap<StreamId, Vec<i64>> = HashMap::new();
    for row in &rows {
        cursors.entry(row.get("id")).or_default().push(row.get("next_offset"));
    }
    Ok(cursors)
}

async fn list_events(
    client: &Object,
    backlog: &[Backlog],
    limits: Limits,
) -> Result<Vec<Event>, ProjectError> {
    let share = i64::try_from(limits.events.div_ceil(backlog.len().max(1))).expect("the limit is small");
    let streams: Vec<StreamId> = backlog.iter().map(|backlog| backlog.stream).collect();
    let from: Vec<i64> = backlog.iter().map(|backlog| backlog.next_offset).collect();
    let to: Vec<i64> = backlog.iter().map(|backlog| backlog.end_offset).collect();
    let statement = client
        .prepare_cached(
            "-- read::list_events
            select event.id, event.stream_id, event.record_offset, event.appended_at, event.value
            from unnest($1::int[], $2::bigint[], $3::bigint[]) as backlog(stream_id, next_offset, end_offset)
            cross join lateral (
                select id, stream_id, record_offset, appended_at, value
                from events
                where events.stream_id = backlog.stream_id and events.record_offset >= backlog.next_offset
                    and events.record_offset < backlog.end_offset
                order by record_offset
                limit $4
            ) as event",
        )
        .await?;
    let parameters: [&(dyn ToSql + Sync); 4] = [&streams, &from, &to, &share];
    let rows = client.query_raw(&statement, parameters).await?;
    pin_mut!(rows);
    let (mut events, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let event = Event::from_row(&row);
        bytes += event.value.as_ref().map_or(0, Vec::len);
        events.push(event);
        // What is left unread of a stream is read next time: rows come in the order of offsets.
        if bytes >= limits.bytes {
            break;
        }
    }
    Ok(events)
}
