-- What is left of events that retention took: enough to go on proving what is kept.
create table retired_ranges (
    stream_id integer not null references streams,
    from_offset bigint not null,
    to_offset bigint not null check (to_offset > from_offset),
    day date not null,
    events_before bigint not null check (events_before >= 0),
    event_count bigint not null check (event_count > 0),
    head_before bytea not null check (length(head_before) = 32),
    head_after bytea not null check (length(head_after) = 32),
    archive_file text,
    archive_blake3 bytea check (length(archive_blake3) = 32),
    retired_at timestamptz not null default now(),
    primary key (stream_id, from_offset)
);

comment on table retired_ranges is 'A run of events of one stream that a retired day held, and the chain''s heads at both ends.';
comment on column retired_ranges.to_offset is 'The offset after the last event of the run.';
comment on column retired_ranges.events_before is 'How many events the chain had before the run.';
comment on column retired_ranges.archive_file is 'The file they were written to, when there was an archive folder.';
comment on column retired_ranges.archive_blake3 is 'The digest of that file.';

-- Read models are the fold of the events that are kept: each generation leaves the retired ones behind, in its own time.
create table horizons (
    generation_id integer not null references generations on delete cascade,
    stream_id integer not null,
    from_offset bigint not null,
    passed_at timestamptz not null default now(),
    primary key (generation_id, stream_id, from_offset),
    foreign key (stream_id, from_offset) references retired_ranges
);

comment on table horizons is 'The retired ranges of which a generation holds nothing any more.';
