//! Reading the event log: what lies beyond the vector cursor.

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Object;
use schema::{Event, GenerationId, StreamId};

use crate::ProjectError;

/// A stream that has events beyond its cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) stream: StreamId,
    /// The first offset that isn't folded.
    pub(crate) next_offset: i64,
    /// The offset after the last appended event.
    pub(crate) end_offset: i64,
}

/// How much to read at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

/// Every stream that has events beyond its cursor. A stream without a cursor is folded from its start.
pub(crate) async fn list_backlog(
    client: &Object,
    generation: GenerationId,
) -> Result<Vec<Backlog>, ProjectError> {
    let statement = client
        .prepare_cached(
            "-- read::list_backlog
            select streams.id, coalesce(cursors.next_offset, streams.first_offset) as next_offset,
                   streams.next_offset as end_offset
            from streams
            left join cursors on cursors.stream_id = streams.id and cursors.generation_id = $1
            where streams.next_offset > coalesce(cursors.next_offset, streams.first_offset)
            order by streams.id",
        )
        .await?;
    let rows = client.query(&statement, &[&generation]).await?;
    let backlog = |row: &tokio_postgres::Row| Backlog {
        stream: row.get("id"),
        next_offset: row.get("next_offset"),
        end_offset: row.get("end_offset"),
    };
    Ok(rows.iter().map(backlog).collect())
}

/// The next events of these streams, an equal share of each, in the order of their offsets within a stream.
pub(crate) async fn list_events(
    client: &Object,
    backlog: &[Backlog],
    limits: Limits,
) -> Result<Vec<Event>, ProjectError> {
    let share = i64::try_from(limits.events.div_ceil(backlog.len().max(1))).expect("the limit is small");
    let streams: Vec<StreamId> = backlog.iter().map(|backlog| backlog.stream).collect();
    let from: Vec<i64> = backlog.iter().map(|backlog| backlog.next_offset).collect();
    let statement = client
        .prepare_cached(
            "-- read::list_events
            select event.id, event.stream_id, event.record_offset, event.appended_at, event.value
            from unnest($1::int[], $2::bigint[]) as backlog(stream_id, next_offset)
            cross join lateral (
                select id, stream_id, record_offset, appended_at, value
                from events
                where events.stream_id = backlog.stream_id and events.record_offset >= backlog.next_offset
                order by record_offset
                limit $3
            ) as event",
        )
        .await?;
    let rows = client.query_raw(&statement, slice(&[&streams, &from, &share])).await?;
    pin_mut!(rows);
    let (mut events, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let event = Event::from_row(&row);
        bytes += event.value.as_ref().map_or(0, Vec::len);
        events.push(event);
        // What is left unread of a stream is read in the next step: rows come in the order of offsets.
        if bytes >= limits.bytes {
            break;
        }
    }
    Ok(events)
}

fn slice<'a>(
    parameters: &'a [&'a (dyn tokio_postgres::types::ToSql + Sync)],
) -> impl ExactSizeIterator<Item = &'a (dyn tokio_postgres::types::ToSql + Sync)> {
    parameters.iter().copied()
}
