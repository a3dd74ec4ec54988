-- The other indexes. Run with search_path set to the generation's own schema, any number of times.
create index if not exists statuses_date on statuses (date, id);
create index if not exists statuses_created_at on statuses (created_at, id);
-- Those that were recorded long after they happened: in the order of one clock, a window of the other holds only them besides its own.
create index if not exists statuses_late_date on statuses (date, id)
    where (date at time zone 'UTC') < (created_at at time zone 'UTC') - interval '1 minute'
        or (date at time zone 'UTC') > (created_at at time zone 'UTC') + interval '1 minute';
create index if not exists statuses_late_created_at on statuses (created_at, id)
    where (date at time zone 'UTC') < (created_at at time zone 'UTC') - interval '1 minute'
        or (date at time zone 'UTC') > (created_at at time zone 'UTC') + interval '1 minute';
create index if not exists statuses_position on statuses (stream_id, record_offset);
-- In the order of id for each service and status, of which there are few: a list by service, source or status merges them.
-- A producer may send names longer than an index can hold: those have one of their own.
create index if not exists statuses_kind on statuses (service, status, id, source)
    where octet_length(service) + octet_length(status) + octet_length(coalesce(source, '')) <= 1000;
create index if not exists statuses_long_kind on statuses (id)
    where octet_length(service) + octet_length(status) + octet_length(coalesce(source, '')) > 1000;
-- A name is the first 63 bytes of a text. Under a policy only what PostgreSQL trusts with rows of others is looked up in an index: the
-- cast and `case` are, `left` and `coalesce` aren't.
create index if not exists statuses_status_msg on statuses ((case when status_msg is null then '' else status_msg end::name), id);

create unique index if not exists payloads_pkey on payloads (request_id);
create index if not exists payloads_created_at on payloads (created_at, id);
-- Of an organisation or account there are many payloads, of an inventory or system id few.
create index if not exists payloads_org_id_created_at on payloads ((case when org_id is null then '' else org_id end::name), created_at, id);
create index if not exists payloads_account_created_at on payloads ((case when account is null then '' else account end::name), created_at, id);
create index if not exists payloads_org_id on payloads ((case when org_id is null then '' else org_id end::name), id);
create index if not exists payloads_account on payloads ((case when account is null then '' else account end::name), id);
create index if not exists payloads_inventory_id on payloads ((case when inventory_id is null then '' else inventory_id end::name), id);
create index if not exists payloads_system_id on payloads ((case when system_id is null then '' else system_id end::name), id);

create unique index if not exists services_pkey on services (request_id, service_id);
create index if not exists services_bad on services (request_id, own_closing_date, own_closing_stream_id, own_closing_offset)
    where own_state = 'bad';

create unique index if not exists parts_pkey on parts (request_id, service_id, part_id);
create index if not exists parts_bad on parts (request_id, closing_date, closing_stream_id, closing_offset) where state = 'bad';

create unique index if not exists conflicts_pkey on conflicts (request_id, attribute, value_id);

create unique index if not exists quarantine_pkey on quarantine (stream_id, record_offset);
create index if not exists quarantine_request_id on quarantine (request_id) where request_id is not null;
