-- The payloads of those statuses. Not all have every attribute.
insert into payloads (id, created_at, last_date, latest_offset, status_count, bad_closings, recovered_parts, latest_stream_id,
    service_count, open_services, bad_services, has_conflicts, request_id, account, org_id,
    inventory_id, system_id, claims, latest_service, latest_status, outcome)
select min(id), min(date), max(date), max(record_offset), count(*), 0, 0, min(stream_id), 3, 0, 0, false,
    request_id, case when hashtext(request_id) & 3 > 0 then min(org_id) end, min(org_id),
    case when hashtext(request_id) >> 2 & 3 > 0 then md5('inventory' || request_id)::uuid::text end,
    case when hashtext(request_id) >> 4 & 7 > 0 then md5('system' || request_id)::uuid::text end, '{}', max(service), max(status),
    (array['success', 'success', 'success', 'in_progress', 'failure'])[1 + min(id) % 5]
from statuses
group by request_id
order by min(id)
