-- The tables of one generation of projection version 1. Run with search_path set to the generation's own schema.
create table payloads (
    request_id text collate "C" primary key,
    id bigint not null,
    account text collate "C",
    org_id text collate "C",
    inventory_id text collate "C",
    system_id text collate "C",
    claims jsonb not null,
    created_at timestamptz not null,
    last_date timestamptz not null,
    latest_stream_id integer not null,
    latest_offset bigint not null,
    latest_service text not null,
    latest_source text,
    latest_status text not null,
    status_count bigint not null
) with (fillfactor = 70);

comment on table payloads is 'The latest view: one row a request.';
comment on column payloads.request_id is 'Canonical: 32 lower-case hex digits, or verbatim when it is of another form.';
comment on column payloads.id is 'The smallest id of its events.';
comment on column payloads.claims is 'By attribute, the date, stream and offset of the status whose claim won.';
comment on column payloads.created_at is 'The earliest date of its statuses.';
comment on column payloads.last_date is 'The date of its latest status: the greatest by (date, stream, offset).';

create index payloads_created_at on payloads (created_at, id);
create index payloads_org_id on payloads (org_id, created_at, id);

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
    primary key (request_id, stream_id, record_offset)
);

comment on table statuses is 'The timeline: one row a decodable event.';
comment on column statuses.id is 'The event''s id.';
comment on column statuses.date is 'When it happened, as the service said.';
comment on column statuses.created_at is 'When it was recorded: the event''s time of append.';
comment on column statuses.part is 'The rest of a chained request id: the slice and host of the upload it is about.';
comment on column statuses.account is 'As this message claimed it; payloads holds the winner.';

create index statuses_date on statuses (date, id);
create index statuses_position on statuses (stream_id, record_offset);

create table quarantine (
    stream_id integer not null,
    record_offset bigint not null,
    id bigint not null,
    reason text not null,
    detail text not null,
    request_id text collate "C",
    service text,
    created_at timestamptz not null,
    primary key (stream_id, record_offset)
);

comment on table quarantine is 'Events that could not be decoded, and why. Their bytes are in events.';
comment on column quarantine.request_id is 'Where the message had a usable one.';

create index quarantine_request_id on quarantine (request_id) where request_id is not null;
