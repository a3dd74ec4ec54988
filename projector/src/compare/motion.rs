//! Motion: what one generation has folded and another hasn't.

use runtime::database::Transaction;
use schema::{Event, GenerationId, RequestId};

use crate::decode::decode_event;
use crate::{Generation, ProjectError};

/// The most events that two generations may be apart to be compared.
const MOST: i64 = 100_000;

/// What one of two generations has folded and the other hasn't.
pub(super) struct Motion {
    pub(super) request_ids: Vec<RequestId>,
    /// By stream, from where on.
    pub(super) streams: Vec<i32>,
    pub(super) offsets: Vec<i64>,
}

impl Motion {
    pub(super) async fn between(
        transaction: &Transaction<'_>,
        old: GenerationId,
        new: Generation,
    ) -> Result<Self, ProjectError> {
        let rows = transaction
            .query(
                "-- motion::between
                select stream_id, min(next_offset) as from_offset, max(next_offset) as to_offset
                from (
                    select streams.id as stream_id, coalesce(cursors.next_offset, first_offset) as next_offset
                    from generations
                    cross join generate_series(0, shard_count - 1) as each(shard)
                    cross join streams
                    left join cursors on cursors.generation_id = generations.id and cursors.shard = each.shard
                        and cursors.stream_id = streams.id
                    where generations.id in ($1, $2)
                ) as each
                group by stream_id",
                &[&old, &new.id],
            )
            .await?;
        let streams: Vec<i32> = rows.iter().map(|row| row.get("stream_id")).collect();
        let from: Vec<i64> = rows.iter().map(|row| row.get("from_offset")).collect();
        let to: Vec<i64> = rows.iter().map(|row| row.get("to_offset")).collect();
        let apart: i64 = to.iter().zip(&from).map(|(to, from)| to - from).sum();
        if apart > MOST {
            return Err(ProjectError::TooFarApart(old, new.id, apart));
        }
        let rows = transaction
            .query(
                "-- motion::list_events
                select events.id, events.stream_id, events.record_offset, events.appended_at, events.value
                from unnest($1::int[], $2::bigint[], $3::bigint[]) as range(stream_id, from_offset, to_offset)
                cross join lateral (
                    select * from events
                    where events.stream_id = range.stream_id and events.record_offset >= range.from_offset
                        and events.record_offset < range.to_offset
                    order by record_offset
                    limit range.to_offset - range.from_offset
                ) as events",
                &[&streams, &from, &to],
            )
            .await?;
        let mut request_ids: Vec<RequestId> = rows
            .iter()
            .filter_map(|row| decode_event(&Event::from_row(row), new.request_id_rule).ok())
            .map(|status| status.request_id)
            .collect();
        request_ids.sort_unstable();
        request_ids.dedup();
        Ok(Self { request_ids, streams, offsets: from })
    }
}
