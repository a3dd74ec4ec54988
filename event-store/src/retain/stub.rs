//! Stubs: what takes a day's place.

use std::collections::BTreeMap;

use runtime::database::{Pool, Transaction};
use schema::{Head, RetiredRange, StreamId};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::{EventDay, RetainError};
use crate::archive::Written;

/// Takes the day's partition out of the log, and puts the digests of its runs there. Doing so again succeeds, as after a commit whose
/// answer was lost.
pub(super) async fn replace(
    pool: &Pool,
    day: &EventDay,
    ranges: &[RetiredRange],
    archive: Option<&Written>,
) -> Result<(), RetainError> {
    match try_replace(pool, day, ranges, archive).await {
        Err(RetainError::Database(error))
            if error.code() == Some(&SqlState::UNDEFINED_TABLE) && is_replaced(pool, day, ranges).await? =>
        {
            Ok(())
        }
        replaced => replaced,
    }
}

async fn is_replaced(pool: &Pool, day: &EventDay, ranges: &[RetiredRange]) -> Result<bool, RetainError> {
    let streams: Vec<StreamId> = ranges.iter().map(|range| range.stream).collect();
    let from: Vec<i64> = ranges.iter().map(|range| range.from_offset).collect();
    let to: Vec<i64> = ranges.iter().map(|range| range.to_offset).collect();
    let after: Vec<Head> = ranges.iter().map(|range| range.head_after).collect();
    let row = pool
        .get()
        .await?
        .query_one(
            "-- stub::is_replaced
            select not exists (
                select from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[])
                    as range(stream_id, from_offset, to_offset, head_after)
                where not exists (
                    select from retired_ranges
                    where (stream_id, from_offset, to_offset, head_after, day)
                        = (range.stream_id, range.from_offset, range.to_offset, range.head_after, $5::date))) as is_replaced",
            &[&streams, &from, &to, &after, &day.day],
        )
        .await?;
    Ok(row.get("is_replaced"))
}

async fn try_replace(
    pool: &Pool,
    day: &EventDay,
    ranges: &[RetiredRange],
    archive: Option<&Written>,
) -> Result<(), RetainError> {
    let table = day.table();
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    // Whoever reads the log holds us up, and whoever comes after us waits: so ask briefly, and again.
    transaction.batch_execute("set local lock_timeout = '2s'").await?;
    refuse_changed(&transaction, &table, ranges).await?;
    let streams: Vec<StreamId> = ranges.iter().map(|range| range.stream).collect();
    let from: Vec<i64> = ranges.iter().map(|range| range.from_offset).collect();
    let to: Vec<i64> = ranges.iter().map(|range| range.to_offset).collect();
    let events_before: Vec<i64> = ranges.iter().map(|range| range.events_before).collect();
    let event_counts: Vec<i64> = ranges.iter().map(|range| range.event_count).collect();
    let before: Vec<Head> = ranges.iter().map(|range| range.head_before).collect();
    let after: Vec<Head> = ranges.iter().map(|range| range.head_after).collect();
    let file =
        archive.and_then(|archive| archive.file.file_name()).map(|name| name.to_string_lossy().into_owned());
    let hash = archive.map(|archive| archive.blake3);
    let parameters: [&(dyn ToSql + Sync); 10] =
        [&streams, &from, &to, &events_before, &event_counts, &before, &after, &day.day, &file, &hash];
    transaction
        .execute(
            "-- stub::replace
            insert into retired_ranges (
                stream_id, from_offset, to_offset, events_before, event_count, head_before, head_after, day, archive_file,
                archive_blake3)
            select *, $8::date, $9::text, $10::bytea
            from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[])",
            &parameters,
        )
        .await?;
    transaction
        .execute(
            "-- stub::forget_seals
            delete from seals using unnest($1::int[], $2::bigint[], $3::bigint[]) as range(stream_id, from_offset, to_offset)
            where seals.stream_id = range.stream_id
                and seals.next_offset > range.from_offset and seals.next_offset < range.to_offset",
            &[&streams, &from, &to],
        )
        .await?;
    transaction
        .batch_execute(&format!("alter table events detach partition {table}; drop table {table}"))
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// An event may have come into the day since it was read: by a clock that is behind, or out of the default partition. From here on
/// none can.
async fn refuse_changed(
    transaction: &Transaction<'_>,
    table: &str,
    ranges: &[RetiredRange],
) -> Result<(), RetainError> {
    // Readers may go on: they are waited for only where the partition is detached, which locks the log before the day, as they do.
    transaction.batch_execute(&format!("lock table {table} in share row exclusive mode")).await?;
    let sql = format!(
        "-- stub::refuse_changed
        select stream_id, count(*) as event_count, min(record_offset) as first_offset, max(record_offset) as last_offset
        from {table} group by stream_id"
    );
    let rows = transaction.query(&sql, &[]).await?;
    let there: BTreeMap<StreamId, (i64, i64, i64)> = rows
        .iter()
        .map(|row| {
            let (first, last): (i64, i64) = (row.get("first_offset"), row.get("last_offset"));
            (row.get("stream_id"), (row.get("event_count"), first, last + 1))
        })
        .collect();
    let mut read: BTreeMap<StreamId, (i64, i64, i64)> = BTreeMap::new();
    for range in ranges {
        let (count, from, to) = read.entry(range.stream).or_insert((0, range.from_offset, range.to_offset));
        *count += range.event_count;
        *from = range.from_offset.min(*from);
        *to = range.to_offset.max(*to);
    }
    if there == read { Ok(()) } else { Err(RetainError::Changed) }
}
