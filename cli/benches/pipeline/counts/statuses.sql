-- $1 statuses of $2 payloads, 200 a second, each payload's one after another. Some services, sources and statuses are far more
-- frequent than others, and most statuses have no source. Some organisations have far more payloads than others.
insert into statuses (id, date, created_at, record_offset, stream_id, request_id, service, source, status, status_msg, org_id)
select number + 1, date, date + chance % 4096 * interval '50 microseconds', number, 1 + payload % 20, md5(payload::text),
    'service-' || service,
    case when service < 6 and chance >> 24 & 7 = 0 then 'source-' || service end,
    (array['received', 'success', 'processing', 'processing_success', 'processed', 'error', 'failed', 'queued', 'skipped'])
        [1 + floor(9 * power((chance >> 12 & 1023) / 1024.0, 2))::int],
    'upload validated and sent on by service-' || service,
    lpad(floor(5000 * power((hashint8(payload) & 1048575)::float8 / 1048576, 3))::int::text, 6, '0')
from (
    select number, number * $2::bigint / $1::bigint as payload, chance,
        floor(20 * power(chance % 4096 / 4096.0, 2))::int as service,
        '2026-08-22T00:00:00.000137Z'::timestamptz + number * interval '5 milliseconds' as date
    from (
        select number, hashint8(number)::bigint & 2147483647 as chance
        from generate_series(0, $1::bigint - 1) as number
    ) as numbered
) as dealt
