-- How the projector counts them, with four shards.
insert into status_kinds (kind_id, service_id, count, shard, service, source, status)
select md5(concat_ws('|', service, source, status))::uuid, md5(concat_ws('|', service, source))::uuid, count(*), stream_id % 4, service, source, status
from statuses
group by stream_id % 4, service, source, status
