-- No rows of services are made, for nothing is asked of them: their states are those that the statuses of each service and source of a
-- payload come to, of which the latest that closes decides. They are counted where their payload began.
insert into service_counts (width, bucket, service_id, state, shard, count)
with closed as (
    select request_id, md5(concat_ws('|', service, source))::uuid as service_id,
        max(date) filter (where status in ('success', 'processed', 'processing_success')) as good,
        max(date) filter (where status in ('error', 'failed', 'invalid', 'processing_error')) as bad
    from statuses
    group by request_id, service, source),
minutes as (
    select date_trunc('minute', created_at, 'UTC') as bucket, service_id,
        case when good is null and bad is null then 'open' when bad is null or good > bad then 'good' else 'bad' end as state,
        latest_stream_id % 4 as shard, count(*) as count
    from closed join payloads using (request_id)
    group by bucket, service_id, state, shard)
select 60, bucket, service_id, state, shard, count from minutes
union all
select 3600, date_trunc('hour', bucket, 'UTC') as hour, service_id, state, shard, sum(count)
from minutes group by hour, service_id, state, shard
union all
select 86400, date_trunc('day', bucket, 'UTC') as day, service_id, state, shard, sum(count)
from minutes group by day, service_id, state, shard
union all
select 0, 'epoch', service_id, state, shard, sum(count) from minutes group by service_id, state, shard
order by bucket
