//! The tail: statuses in the order in which they are folded, each once, page by page.
//!
//! Of each stream they come in the order of their offsets, up to where all shards have folded everything. A status of a shard that is
//! ahead waits for the others: told before them, it would be told again, or what they have yet to fold would be passed over.

mod standing;
mod visible;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use schema::{Payload, Position, RequestId, Status, StreamId};
use tokio_postgres::types::ToSql;

use self::standing::failures;
pub(crate) use self::visible::visible;
use super::folded::{Folded, FoldedStream, Vector, folded};
use super::status::{COLUMNS, Messages};
use super::{Snapshot, payload};
use crate::error::QueryError;

/// A status, and how its payload stands.
#[derive(Clone, Debug)]
pub(crate) struct News {
    /// With as much of its message as was asked for.
    pub(crate) status: Status,
    pub(crate) payload: Arc<Payload>,
    /// Whether by it a part of the payload, or a service as a whole, stands as failed.
    pub(crate) is_failure: bool,
}

/// What comes after a place.
#[derive(Clone, Debug)]
pub(crate) enum Page {
    /// These, and nothing else, lie between there and `until`.
    News {
        /// By stream and offset.
        news: Vec<News>,
        until: Vector,
        /// Whether there are no more for now.
        is_last: bool,
    },
    /// That can't be told any more.
    Lost { loss: Loss, now: Vector },
}

/// Why what came after a place can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The place is of another generation of read models.
    Generation,
    /// Retention took some of it.
    Retention,
    /// It is more than anybody is told.
    TooFarBehind,
}

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At once: about so many statuses.
    pub(crate) page: i64,
    /// In all: so many offsets.
    pub(crate) behind: i64,
    pub(crate) messages: Messages,
}

/// What a stream has after the place: something, or nothing.
struct Backlog {
    stream: StreamId,
    from_offset: i64,
    to_offset: i64,
}

/// The next page after a place.
pub(crate) async fn after(
    snapshot: &Snapshot<'_>,
    place: &Vector,
    limits: Limits,
) -> Result<Page, QueryError> {
    let folded = folded(snapshot).await?;
    let backlog = match backlog(&folded, place, limits) {
        Ok(backlog) => backlog,
        Err(loss) => return Ok(Page::Lost { loss, now: folded.now() }),
    };
    let waiting = backlog.iter().filter(|stream| stream.is_waiting()).count();
    let streams = i64::try_from(waiting.max(1)).unwrap_or(i64::MAX);
    let share = (limits.page / streams).max(1);
    let statuses = list(snapshot, &backlog, share, limits.messages).await?;
    let (until, is_last) = end(place, &backlog, &statuses, share);
    Ok(Page::News { news: news(snapshot, statuses).await?, until, is_last })
}

fn backlog(folded: &Folded, place: &Vector, limits: Limits) -> Result<Vec<Backlog>, Loss> {
    if folded.generation != place.generation {
        return Err(Loss::Generation);
    }
    let backlog = |stream: &FoldedStream| {
        // One that wasn't there is read from its start.
        let from_offset = place.offsets.get(&stream.id).copied().unwrap_or(stream.first_offset);
        if from_offset < stream.kept_from {
            return Err(Loss::Retention);
        }
        Ok(Backlog { stream: stream.id, from_offset, to_offset: stream.next_offset })
    };
    let backlog = folded.streams.iter().map(backlog).collect::<Result<Vec<_>, _>>()?;
    let waiting = backlog.iter().filter(|stream| stream.is_waiting());
    let behind = waiting.map(|stream| stream.to_offset.saturating_sub(stream.from_offset));
    if behind.fold(0, i64::saturating_add) > limits.behind {
        return Err(Loss::TooFarBehind);
    }
    Ok(backlog)
}

/// So many of each stream, in order.
async fn list(
    snapshot: &Snapshot<'_>,
    backlog: &[Backlog],
    share: i64,
    messages: Messages,
) -> Result<Vec<Status>, QueryError> {
    let backlog: Vec<&Backlog> = backlog.iter().filter(|stream| stream.is_waiting()).collect();
    if backlog.is_empty() {
        return Ok(Vec::new());
    }
    let streams: Vec<StreamId> = backlog.iter().map(|stream| stream.stream).collect();
    let from: Vec<i64> = backlog.iter().map(|stream| stream.from_offset).collect();
    let to: Vec<i64> = backlog.iter().map(|stream| stream.to_offset).collect();
    let message = messages.sql();
    let sql = format!(
        "-- tail::list
        select {COLUMNS}, {message}
        from unnest($1::integer[], $2::bigint[], $3::bigint[]) as backlog(of_stream, from_offset, to_offset)
        cross join lateral (
            select * from statuses
            where statuses.stream_id = of_stream and statuses.record_offset >= from_offset
                and statuses.record_offset < to_offset
            order by statuses.record_offset
            limit $4
        ) as statuses
        order by statuses.stream_id, statuses.record_offset"
    );
    let parameters: [&(dyn ToSql + Sync); 4] = [&streams, &from, &to, &share];
    let rows = snapshot.query(&sql, &parameters).await?;
    Ok(rows.iter().map(Status::from_row).collect::<Result<_, _>>()?)
}

/// Where the page ends, and whether nothing is left beyond it.
fn end(place: &Vector, backlog: &[Backlog], statuses: &[Status], share: i64) -> (Vector, bool) {
    let mut last: HashMap<StreamId, (i64, i64)> = HashMap::new();
    for Position { stream, offset } in statuses.iter().map(|status| status.position) {
        let (count, last) = last.entry(stream).or_default();
        *count += 1;
        *last = offset;
    }
    let (mut until, mut is_last) = (place.clone(), true);
    for Backlog { stream, from_offset, to_offset } in backlog {
        let end = match last.get(stream) {
            Some((count, last)) if *count >= share => *last + 1,
            // What is left has no statuses: it was quarantined, or jumped over.
            _ => *to_offset.max(from_offset),
        };
        is_last &= end >= *to_offset;
        // Also where there is nothing: from now on the stream is known.
        until.offsets.insert(*stream, end);
    }
    (until, is_last)
}

impl Backlog {
    fn is_waiting(&self) -> bool {
        self.from_offset < self.to_offset
    }
}

async fn news(snapshot: &Snapshot<'_>, statuses: Vec<Status>) -> Result<Vec<News>, QueryError> {
    if statuses.is_empty() {
        return Ok(Vec::new());
    }
    let ids: HashSet<&RequestId> = statuses.iter().map(|status| &status.request_id).collect();
    let ids: Vec<RequestId> = ids.into_iter().cloned().collect();
    let found = payload::find_many(snapshot, &ids).await?;
    let payloads: BTreeMap<RequestId, Arc<Payload>> =
        found.into_iter().map(|payload| (payload.request_id.clone(), Arc::new(payload))).collect();
    let failures = failures(snapshot, &statuses, &payloads).await?;
    let news = |status: Status| {
        // It is written with its first status; without it the read models are damaged, and the status is nobody's to see.
        let payload = Arc::clone(payloads.get(&status.request_id)?);
        Some(News { is_failure: failures.contains(&status.position), payload, status })
    };
    Ok(statuses.into_iter().filter_map(news).collect())
}
