//! What the log says: every event that the generation has folded, decoded again.

use std::collections::HashMap;
use std::sync::Arc;

use runtime::database::Pool;
use schema::{Event, Position, Quarantined, Status, StreamId};
use tokio_postgres::types::Type;

use super::moment::Moment;
use super::{Mismatch, TOLD};
use crate::ProjectError;
use crate::bucket::Bucket;
use crate::copy_out::CopyOut;
use crate::decode::decode_event;
use crate::parallel::for_each;
use crate::progress::Progress;
use crate::shard::Shard;
use crate::table::{QUARANTINE, STATUSES, copied_position, copied_status};

/// Offsets that one query reads.
const STRETCH: i64 = 50_000;
/// Buckets whose statuses are compared one by one. If more differ, the rest is only named.
const COMPARED: usize = 8;

/// The log, decoded.
pub(super) struct Told {
    pub(super) events: u64,
    /// By bucket, the sum over its statuses.
    pub(super) statuses: Vec<u128>,
    pub(super) quarantine: u128,
}

/// What is in `quarantine`.
pub(super) struct InQuarantine {
    pub(super) sum: u128,
    pub(super) mismatches: Vec<Mismatch>,
}

/// A stretch of a stream.
type Stretch = (StreamId, i64, i64);

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
            Ok(status) => add(
                &mut told.statuses[usize::from(Bucket::of(status.request_id.as_str()).0)],
                STATUSES.digest(&status),
            ),
            Err(quarantined) => add(&mut told.quarantine, QUARANTINE.digest(&quarantined)),
        }
    })
    .await?;
    Ok(told)
}

impl Default for Told {
    fn default() -> Self {
        Self { events: 0, statuses: vec![0; Bucket::COUNT], quarantine: 0 }
    }
}

impl Told {
    fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.statuses.iter_mut().zip(&other.statuses).for_each(|(sum, more)| add(sum, *more));
        add(&mut self.quarantine, other.quarantine);
    }
}

/// Compares the statuses of some buckets one by one.
pub(super) async fn compare_statuses(
    pool: &Pool,
    moment: &Moment,
    buckets: &[Bucket],
    progress: &Progress,
) -> Result<Vec<Mismatch>, ProjectError> {
    let mut mismatches = Vec::new();
    if buckets.is_empty() {
        return Ok(mismatches);
    }
    let compared = &buckets[..buckets.len().min(COMPARED)];
    let mut expected: HashMap<Position, Status> = HashMap::new();
    let stretches = stretches(moment);
    progress.begin("naming what differs", 0, stretches.len() as u64);
    for stretch in stretches {
        decode(pool, moment, stretch, |decoded| {
            if let Ok(status) = decoded
                && compared.contains(&Bucket::of(status.request_id.as_str()))
            {
                expected.insert(status.position, status);
            }
        })
        .await?;
        progress.add(1);
    }
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    for bucket in compared {
        let query = format!(
            "select {} from {}.statuses where {}",
            STATUSES.names(),
            moment.generation.id.schema(),
            bucket.range().condition()
        );
        let mut rows =
            CopyOut::start(&transaction, "verify::compare_statuses", &query, &STATUSES.kinds()).await?;
        while let Some(row) = rows.next().await? {
            let Ok(status) = copied_status(&row) else {
                // Folding names it, whether or not the log has such an event.
                if let Some(position) = copied_position(&row) {
                    expected.remove(&position);
                }
                continue;
            };
            let what = match expected.remove(&status.position) {
                None => Some("no event of the log says this".to_owned()),
                Some(expected) if expected == status => None,
                Some(expected) => {
                    Some(format!("the event says otherwise: {}", STATUSES.list_differing(&expected, &row)))
                }
            };
            mismatches.extend(what.map(|what| Mismatch::of_status(&status, what)));
        }
    }
    let mut missing: Vec<&Status> = expected.values().collect();
    missing.sort_unstable_by_key(|status| status.position);
    mismatches.extend(missing.into_iter().map(|status| Mismatch::of_status(status, "is missing")));
    mismatches.truncate(TOLD);
    mismatches.extend(buckets[compared.len()..].iter().map(|bucket| Mismatch {
        table: "statuses",
        key: format!("request ids from {:?} on", bucket.range().from),
        what: "differ from the log".to_owned(),
    }));
    Ok(mismatches)
}

/// Compares `quarantine` with what can't be decoded.
pub(super) async fn compare_quarantine(
    pool: &Pool,
    moment: &Moment,
    told: &Told,
) -> Result<InQuarantine, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    let query = format!("select {} from {}.quarantine", QUARANTINE.names(), moment.generation.id.schema());
    let mut rows =
        CopyOut::start(&transaction, "verify::compare_quarantine", &query, &QUARANTINE.kinds()).await?;
    let (mut sum, mut held) = (0, HashMap::new());
    while let Some(row) = rows.next().await? {
        let digest = QUARANTINE.digest_stored(&row);
        add(&mut sum, digest);
        held.insert(Position { stream: row.get(0)?, offset: row.get(1)? }, digest);
    }
    let mut mismatches = Vec::new();
    if sum != told.quarantine {
        for stretch in stretches(moment) {
            decode(pool, moment, stretch, |decoded| {
                let Err(quarantined) = decoded else { return };
                let what = match held.remove(&quarantined.position) {
                    None => "is missing",
                    Some(digest) if digest != QUARANTINE.digest(&quarantined) => "the event says otherwise",
                    Some(_) => return,
                };
                mismatches.push(at(quarantined.position, what));
            })
            .await?;
        }
        mismatches.extend(held.keys().map(|position| at(*position, "can be decoded, or isn't in the log")));
        mismatches.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        mismatches.truncate(TOLD);
        if mismatches.is_empty() {
            mismatches.push(Mismatch {
                table: "quarantine",
                key: "all".to_owned(),
                what: "differ in a way that shows in no row, as doubled ones do".to_owned(),
            });
        }
    }
    Ok(InQuarantine { sum, mismatches })
}

fn at(Position { stream, offset }: Position, what: &str) -> Mismatch {
    Mismatch {
        table: "quarantine",
        key: format!("stream {} offset {offset}", stream.0),
        what: what.to_owned(),
    }
}

fn stretches(moment: &Moment) -> Vec<Stretch> {
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
async fn decode(
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
