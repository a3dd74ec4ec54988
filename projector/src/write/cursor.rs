//! The vector cursor: how far a shard of a generation has folded each stream.

use runtime::database::Transaction;
use schema::{GenerationId, StreamId};

use crate::ProjectError;
use crate::batch::Move;
use crate::shard::Shard;

/// Moves each stream's cursor from where the batch starts to where it ends, by compare-and-set.
pub(crate) async fn advance(
    transaction: &Transaction<'_>,
    generation: GenerationId,
    shard: Shard,
    moves: &[Move],
) -> Result<(), ProjectError> {
    let streams: Vec<StreamId> = moves.iter().map(|step| step.stream).collect();
    let from: Vec<i64> = moves.iter().map(|step| step.from_offset).collect();
    let to: Vec<i64> = moves.iter().map(|step| step.to_offset).collect();
    // A stream's first batch makes its cursor, from the stream's start; the condition refuses every other start.
    let statement = transaction
        .prepare_cached(
            "-- cursor::advance
            insert into cursors as cursor (generation_id, shard, stream_id, next_offset)
            select $1, $2, step.stream_id, step.to_offset
            from unnest($3::int[], $4::bigint[], $5::bigint[]) as step(stream_id, from_offset, to_offset)
            join streams on streams.id = step.stream_id
            left join cursors as known
                on known.generation_id = $1 and known.shard = $2 and known.stream_id = step.stream_id
            where step.from_offset = coalesce(known.next_offset, streams.first_offset)
            on conflict (generation_id, shard, stream_id)
            do update set next_offset = excluded.next_offset, updated_at = now()",
        )
        .await?;
    let moved = transaction.execute(&statement, &[&generation, &shard.0, &streams, &from, &to]).await?;
    if moved == moves.len() as u64 { Ok(()) } else { Err(ProjectError::Moved) }
}
