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
create index if not exists statuses_status_msg on statuses (status_msg_start, id);

create unique index if not exists payloads_pkey on payloads (request_id);
create index if not exists payloads_created_at on payloads (created_at, id);
-- Of an organisation or account there are many payloads, of an inventory or system id few.
create index if not exists payloads_org_id_created_at on payloads (org_id_start, created_at, id);
create index if not exists payloads_account_created_at on payloads (account_start, created_at, id);
create index if not exists payloads_org_id on payloads (org_id_start, id);
create index if not exists payloads_account on payloads (account_start, id);
create index if not exists payloads_inventory_id on payloads (inventory_id_start, id);
create index if not exists payloads_system_id on payloads (system_id_start, id);
-- One for each outcome, in the order of time: together they are as long as one. None of `last_date`, which every status moves: what is
-- silent since a time was created before it.
create index if not exists payloads_success on payloads (created_at, id) where outcome = 'success';
create index if not exists payloads_failure on payloads (created_at, id) where outcome = 'failure';
create index if not exists payloads_in_progress on payloads (created_at, id) where outcome = 'in_progress';
create index if not exists payloads_failed_service on payloads (failed_service_start, created_at, id)
    where outcome = 'failure';

create unique index if not exists services_pkey on services (request_id, service_id);
create index if not exists services_bad on services (request_id, own_closing_date, own_closing_stream_id, own_closing_offset)
    where own_state = 'bad';

create unique index if not exists parts_pkey on parts (request_id, service_id, part_id);
create index if not exists parts_bad on parts (request_id, closing_date, closing_stream_id, closing_offset) where state = 'bad';

create unique index if not exists conflicts_pkey on conflicts (request_id, attribute, value_id);

create unique index if not exists quarantine_pkey on quarantine (stream_id, record_offset);
create index if not exists quarantine_request_id on quarantine (request_id) where request_id is not null;
create index if not exists quarantine_created_at on quarantine (created_at, id);
create index if not exists quarantine_reason on quarantine (reason, created_at, id);
