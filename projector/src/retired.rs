//! Retired ranges, as a generation sees them: those of which it may still hold something.

use runtime::database::{Object, Transaction};
use schema::{GenerationId, StreamId};
use tokio_postgres::GenericClient;

use crate::ProjectError;

/// A retired range of which the generation may still hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retired {
    pub(crate) stream: StreamId,
    pub(crate) from_offset: i64,
    pub(crate) to_offset: i64,
}

impl Retired {
    /// Whether it is the rest of another one.
    pub(crate) fn is_rest_of(&self, whole: &Self) -> bool {
        (self.stream, self.to_offset) == (whole.stream, whole.to_offset)
    }
}

/// Whether there is one: until there is none, the generation isn't the fold of the log.
pub(crate) async fn is_pending(
    client: &impl GenericClient,
    generation: GenerationId,
) -> Result<bool, ProjectError> {
    let sql = "-- retired::is_pending
        select exists (
            select from retired_ranges as range
            where not exists (
                select from horizons
                where horizons.generation_id = $1 and horizons.stream_id = range.stream_id
                    and horizons.from_offset = range.from_offset)) as is_pending";
    Ok(client.query_one(sql, &[&generation]).await?.get("is_pending"))
}

/// The first one.
pub(crate) async fn find(client: &Object, generation: GenerationId) -> Result<Option<Retired>, ProjectError> {
    let statement = client
        .prepare_cached(
            "-- retired::find
            select stream_id, from_offset, to_offset from retired_ranges
            where not exists (
                select from horizons
                where horizons.generation_id = $1 and horizons.stream_id = retired_ranges.stream_id
                    and horizons.from_offset = retired_ranges.from_offset)
            order by day, stream_id, from_offset
            limit 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[&generation]).await?;
    Ok(row.map(|row| Retired {
        stream: row.get("stream_id"),
        from_offset: row.get("from_offset"),
        to_offset: row.get("to_offset"),
    }))
}

/// Notes that the generation holds nothing of it any more.
pub(crate) async fn leave_behind(
    transaction: &Transaction<'_>,
    generation: GenerationId,
    retired: &Retired,
) -> Result<(), ProjectError> {
    transaction
        .execute(
            "-- retired::leave_behind
            insert into horizons (generation_id, stream_id, from_offset) values ($1, $2, $3)
            on conflict do nothing",
            &[&generation, &retired.stream, &retired.from_offset],
        )
        .await?;
    Ok(())
}

/// Notes that what the generation holds has changed, though no cursor moved.
pub(crate) async fn count_chunk(
    transaction: &Transaction<'_>,
    generation: GenerationId,
) -> Result<(), ProjectError> {
    let sql = "-- retired::count_chunk
        update generations set horizon_chunks = horizon_chunks + 1 where id = $1";
    transaction.execute(sql, &[&generation]).await?;
    Ok(())
}
