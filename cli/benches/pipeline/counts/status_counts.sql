insert into status_counts (clock, width, bucket, kind_id, shard, count)
with minutes as (
    select clock, date_trunc('minute', time, 'UTC') as bucket,
        md5(concat_ws('|', service, source, status))::uuid as kind_id, stream_id % 4 as shard, count(*) as count
    from statuses, lateral (values ('d'::"char", date), ('c', created_at)) as clocks (clock, time)
    group by clock, bucket, service, source, status, stream_id % 4),
kinds as (
    select clock, bucket, kind_id, shard, count from minutes
    union all
    select clock, bucket, '00000000-0000-0000-0000-000000000000', shard, sum(count) from minutes group by clock, bucket, shard)
select clock, 60, bucket, kind_id, shard, count from kinds
union all
select clock, 3600, date_trunc('hour', bucket, 'UTC') as hour, kind_id, shard, sum(count)
from kinds group by clock, hour, kind_id, shard
union all
select clock, 86400, date_trunc('day', bucket, 'UTC') as day, kind_id, shard, sum(count)
from kinds group by clock, day, kind_id, shard
union all
select 'a', 0, 'epoch', '00000000-0000-0000-0000-000000000000', shard, sum(count) from status_kinds group by shard
order by bucket
