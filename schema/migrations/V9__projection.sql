-- Projection by shards, generations that are built beside the active one, and what proves them.

alter table generations
    add column shard_count smallint not null default 1 check (shard_count between 1 and 64),
    add column state text not null default 'following' check (state in ('loading', 'folding', 'indexing', 'following')),
    add column folded_buckets smallint[] not null default '{}',
    add column built_at timestamptz;
update generations set built_at = created_at;

comment on column generations.shard_count is 'Requests are dealt out to so many writers, each with cursors of its own.';
comment on column generations.state is 'loading, folding, indexing: a rebuild is filling it; following: the projector keeps it up with the log.';
comment on column generations.folded_buckets is 'While folding: the buckets of request ids that the rebuild has folded.';
comment on column generations.built_at is 'When it had caught up for the first time.';

-- The one that readers saw before, to go back to.
alter table active_generation
    add column previous_id integer references generations on delete set null,
    add column activated_at timestamptz not null default now();

-- Each shard of a generation has a vector of its own: it moves in the transaction that writes the shard's rows.
alter table cursors add column shard smallint not null default 0;
alter table cursors alter column shard drop default;
alter table cursors drop constraint cursors_pkey, add primary key (generation_id, shard, stream_id);

comment on column cursors.shard is 'Which of the generation''s shards. What all have passed is folded.';

-- Read models that were found not to be the fold of the log.
create table mismatches (
    id bigint generated always as identity primary key,
    generation_id integer not null references generations on delete cascade,
    row_key text collate "C" not null,
    what text not null,
    found_at timestamptz not null default now()
);

comment on table mismatches is 'Read models that a check found not to be the fold of the log. There should be none.';
comment on column mismatches.row_key is 'The key of the row that is wrong: its request, or its place in the log.';
comment on column mismatches.what is 'Which table and columns; no content.';

-- How far each generation has folded each stream, and how far behind that is.
create view freshness as
select generations.id as generation_id, streams.id as stream_id,
       cursor.next_offset, streams.next_offset as end_offset,
       streams.next_offset - cursor.next_offset as lag_events,
       coalesce(extract(epoch from clock_timestamp() - waiting.appended_at), 0)::float8 as lag_seconds
from generations
cross join streams
cross join lateral (
    select case when count(*) < generations.shard_count then streams.first_offset else min(next_offset) end as next_offset
    from cursors where cursors.generation_id = generations.id and cursors.stream_id = streams.id
) as cursor
left join lateral (
    select appended_at from events
    where events.stream_id = streams.id and events.record_offset >= cursor.next_offset and streams.next_offset > cursor.next_offset
    order by record_offset limit 1
) as waiting on true;

comment on view freshness is 'By generation and stream: the cursor that all its shards have passed, and how many events and seconds that is behind the log.';
comment on column freshness.lag_seconds is 'How long the oldest event that isn''t folded has been in the log.';
