-- The tables of one generation of projection version 4, without indexes, but for the counts': a rebuild fills
-- them first.
-- Run with search_path set to the generation's own schema.
create table payloads (
    id bigint not null,
    created_at timestamptz not null,
    last_date timestamptz not null,
    latest_offset bigint not null,
    status_count bigint not null,
    bad_closings bigint not null,
    recovered_parts bigint not null,
    failed_date timestamptz,
    failed_offset bigint,
    latest_stream_id integer not null,
    service_count integer not null,
    open_services integer not null,
    bad_services integer not null,
    failed_stream_id integer,
    has_conflicts boolean not null,
    request_id text collate "C" not null,
    account text collate "C",
    org_id text collate "C",
    inventory_id text collate "C",
    system_id text collate "C",
    claims jsonb not null,
    latest_service text collate "C" not null,
    latest_source text collate "C",
    latest_status text collate "C" not null,
    outcome text collate "C" not null,
    failed_service text collate "C",
    failed_source text collate "C",
    failed_part text collate "C",
    failed_status text collate "C",
    account_start text collate "C" not null generated always as ((case when account is null then '' else account end)::name::text) stored,
    org_id_start text collate "C" not null generated always as ((case when org_id is null then '' else org_id end)::name::text) stored,
    inventory_id_start text collate "C" not null generated always as ((case when inventory_id is null then '' else inventory_id end)::name::text) stored,
    system_id_start text collate "C" not null generated always as ((case when system_id is null then '' else system_id end)::name::text) stored,
    failed_service_start text collate "C" not null generated always as ((case when failed_service is null then '' else failed_service end)::name::text) stored
) with (fillfactor = 70);

comment on table payloads is 'The latest view: one row a request.';
comment on column payloads.request_id is 'Canonical: 32 lower-case hex digits, or verbatim when it is of another form.';
comment on column payloads.id is 'The smallest id of its events.';
comment on column payloads.claims is 'By attribute, the date, stream and offset of the status whose claim won.';
comment on column payloads.account_start is 'The first 63 bytes, for an index can''t hold a text of any length; empty where there is none. So are the other starts.';
comment on column payloads.has_conflicts is 'Whether some status claims another value for an attribute: conflicts has them.';
comment on column payloads.created_at is 'The earliest date of its statuses.';
comment on column payloads.last_date is 'The date of its latest status: the greatest by (date, closing, stream, offset).';
comment on column payloads.outcome is 'failure: a service closed badly; success: all services seen closed well; in_progress: neither.';
comment on column payloads.bad_closings is 'Statuses that say that something failed, also of parts that went well in the end.';
comment on column payloads.recovered_parts is 'Parts that closed badly and then well.';
comment on column payloads.failed_service is 'The service whose bad part closed first; the message is that of the status at failed_stream_id, failed_offset.';

-- A service's work on a request, for one of its sources: what it says of no part in particular, and the sum of its parts.
create table services (
    service_id uuid not null,
    first_date timestamptz not null,
    last_date timestamptz not null,
    status_count bigint not null,
    bad_closings bigint not null,
    own_count bigint not null,
    own_bad_closings bigint not null,
    own_closing_date timestamptz,
    own_closing_offset bigint,
    own_closing_stream_id integer,
    part_count integer not null,
    open_parts integer not null,
    bad_parts integer not null,
    recovered_parts integer not null,
    request_id text collate "C" not null,
    service text collate "C" not null,
    source text collate "C",
    state text collate "C" not null,
    own_state text collate "C" not null,
    own_closing_status text collate "C"
) with (fillfactor = 70);

comment on table services is 'One row for each service and source that a request passed.';
comment on column services.service_id is 'Stands for service and source, which may be longer than a key can be.';
comment on column services.state is 'bad: one of its parts is; good: all have closed well; open: neither.';
comment on column services.own_state is 'What its statuses without a part say. Once there are parts, an open one says nothing.';

create table parts (
    service_id uuid not null,
    part_id uuid not null,
    status_count bigint not null,
    bad_closings bigint not null,
    closing_date timestamptz,
    closing_offset bigint,
    closing_stream_id integer,
    request_id text collate "C" not null,
    part text collate "C" not null,
    state text collate "C" not null,
    closing_status text collate "C"
) with (fillfactor = 70);

comment on table parts is 'One row for each part of a request (a host of an upload) that a service names: the rest of a chained id, else the inventory id.';
comment on column parts.part_id is 'Stands for the part, which may be longer than a key can be.';
comment on column parts.state is 'good or bad, by its latest closing status; open while there is none.';

create table conflicts (
    value_id uuid not null,
    date timestamptz not null,
    record_offset bigint not null,
    stream_id integer not null,
    request_id text collate "C" not null,
    attribute text collate "C" not null,
    value text collate "C" not null
);

comment on table conflicts is 'Values that statuses claim for an attribute of their payload and that lost against a later claim, each with its latest claim.';

create table statuses (
    id bigint not null,
    date timestamptz not null,
    created_at timestamptz not null,
    record_offset bigint not null,
    stream_id integer not null,
    request_id text collate "C" not null,
    part text,
    service text collate "C" not null,
    source text collate "C",
    status text collate "C" not null,
    status_msg text collate "C",
    account text,
    org_id text,
    inventory_id text,
    system_id text,
    status_msg_start text collate "C" not null generated always as ((case when status_msg is null then '' else status_msg end)::name::text) stored
);

comment on table statuses is 'The timeline: one row a decodable event.';
comment on column statuses.status_msg_start is 'The first 63 bytes, as in payloads.';
comment on column statuses.id is 'The event''s id.';
comment on column statuses.date is 'When it happened, as the service said.';
comment on column statuses.created_at is 'When it was recorded: the event''s time of append.';
comment on column statuses.part is 'The rest of a chained request id: the slice and host of the upload it is about.';
comment on column statuses.account is 'As this message claimed it; payloads holds the winner.';

create table quarantine (
    stream_id integer not null,
    record_offset bigint not null,
    id bigint not null,
    reason text not null,
    detail text not null,
    request_id text collate "C",
    service text,
    created_at timestamptz not null
);

comment on table quarantine is 'Events that could not be decoded, and why. Their bytes are in events.';
comment on column quarantine.request_id is 'Where the message had a usable one.';

-- How many statuses there are of a kind. Each shard counts for itself, so that none waits for another; the sum is the count.
create table status_kinds (
    kind_id uuid not null,
    service_id uuid not null,
    count bigint not null,
    shard smallint not null,
    service text collate "C" not null,
    source text collate "C",
    status text collate "C" not null
) with (fillfactor = 50);

comment on table status_kinds is 'How many statuses there are of each service, source and status, by shard.';
comment on column status_kinds.service_id is 'As in services: service_counts has no names of its own.';

create table status_counts (
    kind_id uuid not null,
    bucket timestamptz not null,
    count bigint not null,
    width integer not null,
    shard smallint not null,
    clock "char" not null
) with (fillfactor = 50);

comment on table status_counts is 'How many statuses there are of a kind within a stretch of time, by shard.';
comment on column status_counts.kind_id is 'Of status_kinds; all zeros for all kinds together.';
comment on column status_counts.clock is 'd: by date, c: by created_at; a: of all times.';
comment on column status_counts.width is 'Seconds from bucket on: 86400, 3600 or 60; 0 for all times.';

create table payload_counts (
    bucket timestamptz not null,
    count bigint not null,
    width integer not null,
    shard smallint not null,
    outcome text collate "C" not null
) with (fillfactor = 50);

comment on table payload_counts is 'How many payloads of an outcome were created within a stretch of time, by shard.';
comment on column payload_counts.width is 'Seconds from bucket on: 86400, 3600 or 60; 0 for all times.';

create table service_counts (
    service_id uuid not null,
    bucket timestamptz not null,
    count bigint not null,
    width integer not null,
    shard smallint not null,
    state text collate "C" not null
) with (fillfactor = 50);

comment on table service_counts is 'How many payloads that were created within a stretch of time a service left in a state, by shard.';
comment on column service_counts.service_id is 'Of services; status_kinds tells its service and source.';
comment on column service_counts.width is 'Seconds from bucket on: 86400, 3600 or 60; 0 for all times.';
comment on column service_counts.bucket is 'Of the created_at of the payload, as in payload_counts, so that both agree.';

create unique index status_kinds_pkey on status_kinds (kind_id, shard);
-- Kinds before buckets, for whoever asks for a stretch of time asks for some kinds of it.
create unique index status_counts_pkey on status_counts (clock, width, kind_id, bucket, shard);
create unique index payload_counts_pkey on payload_counts (width, bucket, outcome, shard);
-- Buckets before services, for whoever asks for a stretch of time asks how all of them did.
create unique index service_counts_pkey on service_counts (width, bucket, service_id, state, shard);
