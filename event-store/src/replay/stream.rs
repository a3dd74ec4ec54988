//! The stream that a run is part of.

use runtime::database::Transaction;
use schema::{Seal, StreamId};
use tokio_postgres::types::ToSql;

use super::ReplayError;
use crate::archive::{RunEnd, RunStart};

/// The first run of a stream begins it, in the middle of its chain; the seal says where.
pub(super) async fn begin(transaction: &Transaction<'_>, start: &RunStart) -> Result<(), ReplayError> {
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

/// Moves the stream from the run's start to its end, if it stands there.
pub(super) async fn advance(
    transaction: &Transaction<'_>,
    start: &RunStart,
    from_offset: i64,
    end: &RunEnd,
) -> Result<(), ReplayError> {
    // Events from before there was a chain are counted in none.
    let event_count = start.events_before + if start.is_chained() { end.event_count } else { 0 };
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
    Err(not_next(start, next_offset(transaction, start.stream_id).await?))
}

pub(super) fn not_next(start: &RunStart, stands: Option<i64>) -> ReplayError {
    ReplayError::NotNext {
        topic: start.topic.clone(),
        partition: start.partition,
        lineage: start.lineage,
        from_offset: start.from_offset,
        next_offset: stands.unwrap_or(0),
    }
}

/// Where a stream stands, if it has been begun.
pub(super) async fn next_offset(
    transaction: &Transaction<'_>,
    stream: StreamId,
) -> Result<Option<i64>, ReplayError> {
    let sql = "-- replay::next_offset
        select next_offset from streams where id = $1";
    Ok(transaction.query_opt(sql, &[&stream]).await?.map(|row| row.get("next_offset")))
}

pub(super) async fn insert_seals(transaction: &Transaction<'_>, seals: &[Seal]) -> Result<(), ReplayError> {
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

pub(super) async fn first_offset(
    transaction: &Transaction<'_>,
    stream: StreamId,
) -> Result<i64, ReplayError> {
    let sql = "-- replay::first_offset
        select first_offset from streams where id = $1";
    Ok(transaction.query_one(sql, &[&stream]).await?.get("first_offset"))
}
