-- Who asked for a link to an archive. Written before the link is fetched, by a role that can do nothing else.
create table archive_requests (
    id bigint generated always as identity primary key,
    requested_at timestamptz not null default now(),
    request_id text collate "C" not null,
    email text
);

comment on table archive_requests is 'One row for each link to an archive that somebody asked for and was allowed to have.';
comment on column archive_requests.request_id is 'Canonical. Whether there is such a payload, and an archive of it, only comes out later.';
comment on column archive_requests.email is 'The associate, as the gateway named them; null where it didn''t.';
