-- The payloads of those statuses.
insert into payloads (id, created_at, last_date, latest_offset, status_count, bad_closings, recovered_parts, latest_stream_id,
    service_count, open_services, bad_services, has_conflicts, request_id, org_id, claims, latest_service, latest_status, outcome)
select min(id), min(date), max(date), max(record_offset), count(*), 0, 0, min(stream_id), 3, 0, 0, false,
    request_id, min(org_id), '{}', max(service), max(status),
    (array['success', 'success', 'success', 'in_progress', 'failure'])[1 + min(id) % 5]
from statuses
group by request_id
order by min(id)
