//! What the log says: every event that the generation has folded, decoded again.

use std::sync::Arc;

use runtime::database::Pool;
use schema::{Event, Position, Quarantined, Status, StreamId};
use tokio_postgres::types::Type;

use super::moment::Moment;
use crate::ProjectError;
use crate::copy_out::CopyOut;
use crate::parallel::for_each;
use crate::progress::Progress;
use crate::shard::Shard;
use crate::table::{QUARANTINE, STATUSES};
use projection::decode_event;

/// Offsets that one query reads.
const STRETCH: i64 = 50_000;

/// The log, decoded.
#[derive(Default)]
pub(super) struct Told {
    pub(super) events: u64,
    /// The sum over its statuses.
    pub(super) statuses: u128,
    pub(super) quarantine: u128,
}

/// A stretch of a stream: from an offset on to before another.
pub(super) type Stretch = (StreamId, i64, i64);

pub(super) async fn read(
    pool: &Pool,
    moment: &Arc<Moment>,
    workers: usize,
    progress: &Progress,
) -> Result<Told, ProjectError> {
    let stretches = stretches(moment);
    let length = |(_, from, to): &Stretch| (to - from).unsigned_abs();
    progress.begin("reading the log", 0, stretches.iter().map(length).sum());
    let mut sum = Told::default();
    let work = |stretch| {
        let (pool, moment) = (pool.clone(), Arc::clone(moment));
        async move { Ok((stretch, read_stretch(&pool, &moment, stretch).await?)) }
    };
    for_each(stretches, workers, work, |(stretch, told)| {
        progress.add(length(&stretch));
        sum.add(&told);
    })
    .await?;
    Ok(sum)
}

async fn read_stretch(pool: &Pool, moment: &Moment, stretch: Stretch) -> Result<Told, ProjectError> {
    let mut told = Told::default();
    decode(pool, moment, stretch, |decoded| {
        told.events += 1;
        match decoded {
            Ok(status) => add(&mut told.statuses, STATUSES.digest(&status)),
            Err(quarantined) => add(&mut told.quarantine, QUARANTINE.digest(&quarantined)),
        }
    })
    .await?;
    Ok(told)
}

impl Told {
    fn add(&mut self, other: &Self) {
        self.events += other.events;
        add(&mut self.statuses, other.statuses);
        add(&mut self.quarantine, other.quarantine);
    }
}

/// All that the generation has folded, in pieces.
pub(super) fn stretches(moment: &Moment) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for (stream, folded) in &moment.streams {
        let mut from = folded.first_offset;
        while from < folded.end_offset() {
            let to = (from + STRETCH).min(folded.end_offset());
            stretches.push((*stream, from, to));
            from = to;
        }
    }
    stretches.sort_unstable_by_key(|(stream, from, _)| (*from, stream.0));
    stretches
}

/// Decodes what the generation has folded of a stretch.
pub(super) async fn decode(
    pool: &Pool,
    moment: &Moment,
    (stream, from, to): Stretch,
    mut take: impl FnMut(Result<Status, Quarantined>),
) -> Result<(), ProjectError> {
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    let query = format!(
        "select id, record_offset, appended_at, value from events
        where stream_id = {} and record_offset >= {from} and record_offset < {to}",
        stream.0
    );
    let kinds = [Type::INT8, Type::INT8, Type::TIMESTAMPTZ, Type::BYTEA];
    let mut rows = CopyOut::start(&transaction, "verify::decode", &query, &kinds).await?;
    let (generation, folded) = (moment.generation, &moment.streams[&stream]);
    while let Some(row) = rows.next().await? {
        let event = Event {
            id: row.get(0)?,
            position: Position { stream, offset: row.get(1)? },
            appended_at: row.get(2)?,
            value: row.get(3)?,
        };
        let offset = event.position.offset;
        let decoded = decode_event(&event, generation.request_id_rule);
        let shard =
            decoded.as_ref().map_or(Shard(0), |status| Shard::of(&status.request_id, generation.shard_count));
        if folded.covers(shard, offset) {
            take(decoded);
        }
    }
    Ok(())
}

fn add(sum: &mut u128, more: u128) {
    *sum = sum.wrapping_add(more);
}
