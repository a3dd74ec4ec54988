//! Naming what is wrong with the counts: what PostgreSQL counts beside what is stored.

use runtime::database::{Pool, Transaction};
use tokio_postgres::Row;

use super::counted::CountSums;
use super::moment::Moment;
use super::{Mismatch, TOLD};
use crate::ProjectError;

/// What no count may be. A count of nothing shows in no sum.
const NONE: &str =
    "select concat_ws(' ', what, shard) as key, format('%s counts of 0 or less', count(*)) as what
    from (
        select 'status_kinds' as what, shard, count from status_kinds
        union all select 'status_counts', shard, count from status_counts
        union all select 'payload_counts', shard, count from payload_counts
        union all select 'service_counts', shard, count from service_counts
    ) as counts
    where count <= 0 group by 1";

/// By table, what is wrong with it: rows of `key` and `what`.
const CHECKS: [(&str, &str); 4] = [
    (
        "status_kinds",
        "select concat_ws(' ', service, nullif(source, ''), status) as key,
            format('%s are there, %s are counted', coalesce(held.count, 0), coalesce(counted.count, 0)) as what
        from (select service, coalesce(source, '') as source, status, count(*) from statuses group by 1, 2, 3) as held
        full join (
            select service, coalesce(source, '') as source, status, sum(count) as count from status_kinds group by 1, 2, 3
        ) as counted using (service, source, status)
        where held.count is distinct from counted.count",
    ),
    (
        "status_counts",
        "with kinds as (select distinct kind_id, service, coalesce(source, '') as source, status from status_kinds),
        counted_once as (
            select case grouping(date_trunc('minute', date, 'UTC')) when 0 then 'd' else 'c' end as clock,
                   coalesce(date_trunc('minute', date, 'UTC'), date_trunc('minute', created_at, 'UTC')) as bucket,
                   service, coalesce(source, '') as source, status, count(*)
            from statuses
            group by service, source, status,
                grouping sets ((date_trunc('minute', date, 'UTC')), (date_trunc('minute', created_at, 'UTC')))),
        minutes as (
            select clock, bucket, kind_id, sum(count) as count
            from counted_once join kinds using (service, source, status)
            group by 1, 2, 3),
        hours as (select clock, date_trunc('hour', bucket, 'UTC') as bucket, kind_id, sum(count) as count from minutes group by 1, 2, 3),
        days as (select clock, date_trunc('day', bucket, 'UTC') as bucket, kind_id, sum(count) as count from hours group by 1, 2, 3),
        kinded as (
            select clock, 60 as width, bucket, kind_id, count from minutes
            union all select clock, 3600, bucket, kind_id, count from hours
            union all select clock, 86400, bucket, kind_id, count from days),
        held as (
            select * from kinded
            union all
            select clock, width, bucket, '00000000-0000-0000-0000-000000000000'::uuid, sum(count) from kinded group by 1, 2, 3
            union all
            select 'a', 0, 'epoch'::timestamptz, '00000000-0000-0000-0000-000000000000'::uuid, count(*) from statuses having count(*) > 0)
        select concat_ws(' ', clock, width, bucket, kind_id) as key,
            format('%s are there, %s are counted', coalesce(held.count, 0), coalesce(counted.count, 0)) as what
        from held
        full join (
            select clock::text, width, bucket, kind_id, sum(count) as count from status_counts group by 1, 2, 3, 4
        ) as counted
            using (clock, width, bucket, kind_id)
        where held.count is distinct from counted.count",
    ),
    (
        "payload_counts",
        "with minutes as (
            select date_trunc('minute', created_at, 'UTC') as bucket, outcome, count(*) from payloads group by 1, 2),
        held as (
            select 60 as width, bucket, outcome, count from minutes
            union all select 3600, date_trunc('hour', bucket, 'UTC'), outcome, sum(count) from minutes group by 2, 3
            union all select 86400, date_trunc('day', bucket, 'UTC'), outcome, sum(count) from minutes group by 2, 3
            union all select 0, 'epoch'::timestamptz, outcome, sum(count) from minutes group by 3)
        select concat_ws(' ', width, bucket, outcome) as key,
            format('%s are there, %s are counted', coalesce(held.count, 0), coalesce(counted.count, 0)) as what
        from held
        full join (select width, bucket, outcome, sum(count) as count from payload_counts group by 1, 2, 3) as counted
            using (width, bucket, outcome)
        where held.count is distinct from counted.count",
    ),
    (
        "service_counts",
        "with minutes as (
            select date_trunc('minute', created_at, 'UTC') as bucket, service_id, state, count(*)
            from payloads join services using (request_id) group by 1, 2, 3),
        held as (
            select 60 as width, bucket, service_id, state, count from minutes
            union all select 3600, date_trunc('hour', bucket, 'UTC'), service_id, state, sum(count) from minutes group by 2, 3, 4
            union all select 86400, date_trunc('day', bucket, 'UTC'), service_id, state, sum(count) from minutes group by 2, 3, 4
            union all select 0, 'epoch'::timestamptz, service_id, state, sum(count) from minutes group by 3, 4)
        select concat_ws(' ', width, bucket, service_id, state) as key,
            format('%s are there, %s are counted', coalesce(held.count, 0), coalesce(counted.count, 0)) as what
        from held
        full join (
            select width, bucket, service_id, state, sum(count) as count from service_counts group by 1, 2, 3, 4
        ) as counted
            using (width, bucket, service_id, state)
        where held.count is distinct from counted.count",
    ),
];

/// Compares the counts with what folding counted, and names what differs.
pub(super) async fn compare(
    pool: &Pool,
    moment: &Moment,
    counted: &CountSums,
) -> Result<Vec<Mismatch>, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    let id = moment.generation.id;
    transaction.batch_execute(&format!("set local search_path = {}", id.schema())).await?;
    let mut mismatches = name(&transaction, "counts", NONE).await?;
    let held = CountSums::read(&transaction, id).await?;
    let sums = [
        (counted.kinds, held.kinds),
        (counted.statuses, held.statuses),
        (counted.payloads, held.payloads),
        (counted.services, held.services),
    ];
    for ((table, sql), (counted, held)) in CHECKS.into_iter().zip(sums) {
        if counted == held {
            continue;
        }
        let named = name(&transaction, table, sql).await?;
        if named.is_empty() {
            let what = "the sums are right, but not by shard and kind".to_owned();
            mismatches.push(Mismatch { table, key: "all".to_owned(), what });
        }
        mismatches.extend(named);
    }
    Ok(mismatches)
}

async fn name(
    transaction: &Transaction<'_>,
    table: &'static str,
    sql: &str,
) -> Result<Vec<Mismatch>, ProjectError> {
    let rows =
        transaction.query(&format!("-- verify::{table}\n{sql} order by key limit {TOLD}"), &[]).await?;
    let mismatch = |row: &Row| Mismatch { table, key: row.get("key"), what: row.get("what") };
    Ok(rows.iter().map(mismatch).collect())
}
