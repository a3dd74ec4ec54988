-- A generation is one complete set of read models, in a schema of its own (projection_<id>), built by one version of the projection.
create table generations (
    id integer generated always as identity primary key,
    projection_version integer not null,
    request_id_length integer not null check (request_id_length >= 0),
    created_at timestamptz not null default now()
);

comment on column generations.projection_version is 'The version of decode and fold that fills it.';
comment on column generations.request_id_length is 'The rule for request ids of no known form: the length they must have, 0 for any. Part of what the generation means.';

-- One row: the generation that readers see. Switching is one update.
create table active_generation (
    is_only boolean primary key default true check (is_only),
    generation_id integer not null references generations
);

-- The projection's vector cursor.
create table cursors (
    generation_id integer not null references generations on delete cascade,
    stream_id integer not null references streams,
    next_offset bigint not null,
    updated_at timestamptz not null default now(),
    primary key (generation_id, stream_id)
) with (fillfactor = 50);

comment on column cursors.next_offset is 'The first offset that this generation has not folded. Moved by compare-and-set, in the transaction that writes the read models.';

-- Makes the schema that a generation's tables live in, and the projector its owner, so that the projector needs no right to
-- make schemas of any other name.
create function create_generation_schema(generation_id integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('create schema %I authorization payload_tracker_projector', 'projection_' || generation_id);
end $$;

revoke execute on function create_generation_schema from public;
