//! The rows of `service_counts`.

use chrono::{DateTime, Utc};
use runtime::database::Transaction;
use schema::{NameId, RequestId};

use super::run;
use crate::ProjectError;
use crate::count::Counts;
use crate::shard::Shard;

/// Payloads that begin at another minute than they did, and the services of them whose counts are changed already.
#[derive(Debug, Default)]
pub(crate) struct Moved<'a> {
    pub(crate) payloads: Vec<(&'a RequestId, DateTime<Utc>, DateTime<Utc>)>,
    pub(crate) counted: Vec<(&'a RequestId, NameId)>,
}

/// Adds the changes to what is stored.
pub(super) async fn add(
    transaction: &Transaction<'_>,
    shard: Shard,
    counts: &Counts,
) -> Result<(), ProjectError> {
    let services: Vec<_> = counts.services().into_iter().collect();
    let widths: Vec<i32> = services.iter().map(|((bucket, ..), _)| bucket.width).collect();
    let starts: Vec<_> = services.iter().map(|((bucket, ..), _)| bucket.start).collect();
    let ids: Vec<NameId> = services.iter().map(|((_, id, _), _)| *id).collect();
    let states: Vec<&str> = services.iter().map(|((.., state), _)| state.as_str()).collect();
    run(
        transaction,
        services.len(),
        "-- count::add_services
        insert into service_counts as known (shard, width, bucket, service_id, state, count)
        select $1, added.* from unnest($2::int[], $3::timestamptz[], $4::uuid[], $5::text[], $6::bigint[]) as added
        on conflict (width, bucket, service_id, state, shard) do update set count = known.count + excluded.count",
        &[
            &shard.0,
            &widths,
            &starts,
            &ids,
            &states,
            &services.iter().map(|(_, change)| *change).collect::<Vec<_>>(),
        ],
    )
    .await?;
    if services.iter().any(|(_, change)| *change < 0) {
        run(
            transaction,
            services.len(),
            "-- count::drop_services
            delete from service_counts as known
            using unnest($2::int[], $3::timestamptz[], $4::uuid[], $5::text[]) as changed(width, bucket, service_id, state)
            where known.count = 0 and known.shard = $1
                and (known.width, known.bucket, known.service_id, known.state)
                    = (changed.width, changed.bucket, changed.service_id, changed.state)",
            &[&shard.0, &widths, &starts, &ids, &states],
        )
        .await?;
    }
    Ok(())
}

/// Has the services that a batch doesn't name follow their payloads to where these begin now. However many they are, none of them
/// leaves PostgreSQL.
pub(crate) async fn follow(
    transaction: &Transaction<'_>,
    shard: Shard,
    moved: &Moved<'_>,
) -> Result<(), ProjectError> {
    let request_ids: Vec<_> = moved.payloads.iter().map(|(id, ..)| *id).collect();
    let before: Vec<_> = moved.payloads.iter().map(|(_, before, _)| *before).collect();
    let after: Vec<_> = moved.payloads.iter().map(|(.., after)| *after).collect();
    let (counted, ids): (Vec<&RequestId>, Vec<NameId>) = moved.counted.iter().copied().unzip();
    run(
        transaction,
        request_ids.len(),
        "-- count::follow_payloads
        with counted as materialized (
            select * from unnest($5::text[], $6::uuid[]) as counted(request_id, service_id)),
        changes as (
            select service_id, state, time, change
            from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as moved(request_id, before, after)
            join services using (request_id)
            cross join lateral (values (before, -1), (after, 1)) as each(time, change)
            where (request_id, service_id) not in (select * from counted))
        insert into service_counts as known (shard, width, bucket, service_id, state, count)
        select $1, width, date_trunc(unit, time, 'UTC'), service_id, state, sum(change)
        from changes cross join (values (60, 'minute'), (3600, 'hour'), (86400, 'day')) as stretch(width, unit)
        group by 2, 3, 4, 5
        having sum(change) <> 0
        on conflict (width, bucket, service_id, state, shard) do update set count = known.count + excluded.count",
        &[&shard.0, &request_ids, &before, &after, &counted, &ids],
    )
    .await?;
    run(
        transaction,
        before.len(),
        "-- count::drop_left
        delete from service_counts
        where count = 0 and shard = $1 and (width, bucket) in (
            select distinct width, date_trunc(unit, time, 'UTC')
            from unnest($2::timestamptz[]) as time
            cross join (values (60, 'minute'), (3600, 'hour'), (86400, 'day')) as stretch(width, unit))",
        &[&shard.0, &before],
    )
    .await
}
