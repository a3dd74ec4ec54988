-- A stream is one incarnation of one partition of a topic. Its row is the only place that says where ingestion stands.
create table streams (
    id integer generated always as identity primary key,
    topic text not null,
    partition integer not null check (partition >= 0),
    lineage integer not null check (lineage >= 0),
    first_offset bigint not null,
    next_offset bigint not null check (next_offset >= first_offset),
    last_record_hash bytea,
    created_at timestamptz not null default now(),
    unique (topic, partition, lineage)
) with (fillfactor = 50);

comment on table streams is 'One incarnation of one topic partition, and how far it has been appended.';
comment on column streams.lineage is 'Counts the incarnations: a topic that was deleted and made again starts the next one.';
comment on column streams.first_offset is 'The first offset this stream was read from.';
comment on column streams.next_offset is 'The offset after the last appended record. Moved only by compare-and-set, in the transaction of the append.';
comment on column streams.last_record_hash is 'BLAKE3 of the record at next_offset - 1, to recognise a topic that was made again. Null before the first append.';

-- Offsets that the broker no longer handed out: said aloud, never stepped over in silence.
create table offset_gaps (
    stream_id integer not null references streams,
    from_offset bigint not null,
    to_offset bigint not null check (to_offset > from_offset),
    recorded_at timestamptz not null default now(),
    primary key (stream_id, from_offset)
);

comment on table offset_gaps is 'Ranges of offsets [from_offset, to_offset) that the broker skipped: deleted by retention, compacted away, or control records.';
