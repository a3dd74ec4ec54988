insert into payload_counts (width, bucket, outcome, shard, count)
with minutes as (
    select date_trunc('minute', created_at, 'UTC') as bucket, outcome, latest_stream_id % 4 as shard, count(*) as count
    from payloads group by bucket, outcome, latest_stream_id % 4)
select 60, bucket, outcome, shard, count from minutes
union all
select 3600, date_trunc('hour', bucket, 'UTC') as hour, outcome, shard, sum(count) from minutes group by hour, outcome, shard
union all
select 86400, date_trunc('day', bucket, 'UTC') as day, outcome, shard, sum(count) from minutes group by day, outcome, shard
union all
select 0, 'epoch', outcome, shard, sum(count) from minutes group by outcome, shard
order by bucket
