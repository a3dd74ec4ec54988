//! Motion: what one generation has folded and another hasn't.

use std::collections::{HashMap, HashSet};

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Transaction;
use schema::{Event, GenerationId, RequestId, StreamId};
use tokio_postgres::types::ToSql;

use crate::bucket::Bucket;
use crate::{ProjectError, RequestIdRule};
use projection::decode_event;

/// The most events that two generations may be apart to be compared.
const MOST: i64 = 100_000;

/// What one of two generations has folded and the other hasn't.
pub(super) struct Motion {
    request_ids: HashMap<Bucket, HashSet<RequestId>>,
    /// By stream, the first offset that not all shards of both have folded.
    pub(super) streams: Vec<(StreamId, i64)>,
}

impl Motion {
    /// `transaction` sees both generations; `log` can read the events, one after the other.
    pub(super) async fn between(
        transaction: &Transaction<'_>,
        log: &Transaction<'_>,
        (old, new): (GenerationId, GenerationId),
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
                group by stream_id
                order by stream_id",
                &[&old, &new],
            )
            .await?;
        let streams: Vec<StreamId> = rows.iter().map(|row| row.get("stream_id")).collect();
        let from: Vec<i64> = rows.iter().map(|row| row.get("from_offset")).collect();
        let to: Vec<i64> = rows.iter().map(|row| row.get("to_offset")).collect();
        let request_ids = list_request_ids(log, (&streams, &from, &to)).await?;
        let request_ids = request_ids.ok_or(ProjectError::TooFarApart(old, new, MOST))?;
        Ok(Self { request_ids, streams: streams.into_iter().zip(from).collect() })
    }

    /// How many requests are in motion.
    pub(super) fn count(&self) -> usize {
        self.request_ids.values().map(HashSet::len).sum()
    }

    /// Those of a bucket.
    pub(super) fn of(&self, bucket: Bucket) -> Vec<&RequestId> {
        self.request_ids.get(&bucket).into_iter().flatten().collect()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<&RequestId> {
        self.request_ids.values().flatten().collect()
    }
}

/// The requests that the events between some offsets are of; nothing where there are too many events. One message at a time is in
/// memory.
async fn list_request_ids(
    log: &Transaction<'_>,
    (streams, from, to): (&[StreamId], &[i64], &[i64]),
) -> Result<Option<HashMap<Bucket, HashSet<RequestId>>>, ProjectError> {
    let sql = "-- motion::list_events
        select event.id, event.stream_id, event.record_offset, event.appended_at, event.value
        from unnest($1::int[], $2::bigint[], $3::bigint[]) as range(stream_id, from_offset, to_offset)
        cross join lateral (
            select id, stream_id, record_offset, appended_at, value
            from events
            where events.stream_id = range.stream_id and events.record_offset >= range.from_offset
                and events.record_offset < range.to_offset
            order by record_offset
            limit $4
        ) as event
        limit $4";
    let parameters: [&(dyn ToSql + Sync); 4] = [&streams, &from, &to, &(MOST + 1)];
    let rows = log.query_raw(sql, parameters).await?;
    pin_mut!(rows);
    let (mut events, mut request_ids) = (0, HashMap::<Bucket, HashSet<RequestId>>::new());
    while let Some(row) = rows.try_next().await? {
        events += 1;
        if events > MOST {
            return Ok(None);
        }
        // By the rule that takes most, for the two may have different ones. What this version rejects, another may have taken.
        let request_id = match decode_event(&Event::from_row(&row), RequestIdRule::Any) {
            Ok(status) => Some(status.request_id),
            Err(quarantined) => quarantined.request_id,
        };
        if let Some(id) = request_id {
            request_ids.entry(Bucket::of(id.as_str())).or_default().insert(id);
        }
    }
    Ok(Some(request_ids))
}
