//! Coverage: every offset of a stream is an event, a recorded gap, or retired with its day.

use runtime::database::{Object, Pool};
use schema::Stream;
use serde::Serialize;

use super::VerifyError;
use super::finding::{Finding, What};
use super::hole::{Gaps, Hole};
use super::lock;
use super::recorded;
use super::snapshot::Snapshot;

/// What came of looking at the offsets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Coverage {
    /// How many streams there are.
    pub streams: usize,
    /// How many offsets they span.
    pub offsets: u64,
    /// How many of these are in recorded gaps.
    pub gaps: u64,
    /// Of those, how many may have held a record that is lost.
    pub lost: u64,
    /// How many went with retired days.
    pub retired: u64,
    /// Offsets that are nowhere, or where they shouldn't be.
    pub findings: Vec<Finding>,
}

/// Proves for each stream that every offset from its first to before its next is an event, a recorded gap, or retired; and that
/// no event is there twice. Reads offsets alone, from the indexes.
///
/// # Errors
/// When the database can't be read.
pub async fn verify_coverage(pool: &Pool) -> Result<Coverage, VerifyError> {
    let mut client = lock::acquire(pool).await?;
    let coverage = verify_locked(&mut client).await;
    lock::release(client).await;
    coverage
}

async fn verify_locked(client: &mut Object) -> Result<Coverage, VerifyError> {
    let snapshot = Snapshot::take(client).await?;
    let mut coverage = Coverage { streams: snapshot.streams.len(), ..Coverage::default() };
    coverage.findings = recorded::list_forged(&snapshot);
    for stream in &snapshot.streams {
        let gaps = snapshot.gaps.get(&stream.id).map_or(&[][..], Vec::as_slice);
        let retired = snapshot.retired.get(&stream.id).map_or(&[][..], Vec::as_slice);
        coverage.offsets += stream.next_offset.abs_diff(stream.first_offset);
        coverage.gaps += gaps.iter().map(schema::OffsetGap::offset_count).sum::<u64>();
        coverage.lost +=
            gaps.iter().filter(|gap| gap.reason.is_loss()).map(schema::OffsetGap::offset_count).sum::<u64>();
        coverage.retired += retired.iter().map(|range| range.event_count.unsigned_abs()).sum::<u64>();
        // To offsets, a retired run is one more gap. Recorded gaps within it add nothing.
        let holes = gaps.iter().filter(|gap| !retired.iter().any(|range| range.covers(gap.from_offset)));
        let holes = holes
            .map(|gap| (gap.from_offset, gap.to_offset))
            .chain(retired.iter().map(|range| (range.from_offset, range.to_offset)));
        let holes = Gaps::between(holes);
        for (from_offset, to_offset) in list_jumps(client, stream).await? {
            let what = match holes.cross(from_offset, to_offset) {
                Hole::Explained => continue,
                Hole::Missing(from_offset, to_offset) => What::Missing { from_offset, to_offset },
                Hole::Added => What::Added { offset: to_offset },
            };
            coverage.findings.push(Finding::of(stream, what));
        }
        let added = list_events_in_gaps(client, stream).await?;
        let added = added.into_iter().map(|offset| Finding::of(stream, What::Added { offset }));
        coverage.findings.extend(added);
    }
    Ok(coverage)
}

/// The first event in each gap and retired run that should hold none.
async fn list_events_in_gaps(client: &Object, stream: &Stream) -> Result<Vec<i64>, VerifyError> {
    let rows = client
        .query(
            "-- coverage::list_events_in_gaps
            select event.record_offset
            from (
                select from_offset, to_offset from offset_gaps where stream_id = $1
                union
                select from_offset, to_offset from retired_ranges where stream_id = $1
            ) as hole
            cross join lateral (
                select record_offset from events
                where stream_id = $1 and record_offset >= hole.from_offset and record_offset < hole.to_offset
                order by record_offset limit 1
            ) as event",
            &[&stream.id],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("record_offset")).collect())
}

/// Where offsets don't follow one another: from the offset that would be next to the one that is, the stream's ends included.
async fn list_jumps(client: &Object, stream: &Stream) -> Result<Vec<(i64, i64)>, VerifyError> {
    let first = client
        .query_one(
            "-- coverage::first
            select min(record_offset) as first_offset from events where stream_id = $1 and record_offset < $2",
            &[&stream.id, &stream.next_offset],
        )
        .await?;
    let rows = client
        .query(
            "-- coverage::list_jumps
            select record_offset + 1 as from_offset, next as to_offset from (
                select record_offset, lead(record_offset) over (order by record_offset) as next
                from events where stream_id = $1 and record_offset < $2
            ) as event
            where next is distinct from record_offset + 1
            order by record_offset",
            &[&stream.id, &stream.next_offset],
        )
        .await?;
    let end = |offset: Option<i64>| offset.unwrap_or(stream.next_offset);
    let first = (stream.first_offset, end(first.get("first_offset")));
    let jumps = rows.iter().map(|row| (row.get("from_offset"), end(row.get("to_offset"))));
    Ok([first].into_iter().chain(jumps).collect())
}
