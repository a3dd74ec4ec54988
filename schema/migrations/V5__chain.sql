-- The chain: what makes a changed, missing, added, moved or truncated event show.
-- An event's digest is BLAKE3 over its offset, timestamp, key, value and headers. The head of a stream is BLAKE3, keyed by the
-- stream's topic, partition and lineage, over the head before and the digest; it starts as 32 zero bytes. docs/log.md has the bytes.

-- Streams that are there already are chained from where they stand now.
alter table streams
    add column topic_id text,
    add column owner_epoch bigint not null default 0,
    add column chain_offset bigint,
    add column event_count bigint not null default 0 check (event_count >= 0),
    add column head bytea not null default decode(repeat('00', 32), 'hex') check (length(head) = 32);
update streams set chain_offset = next_offset;
alter table streams alter column chain_offset set not null;

comment on column streams.topic_id is 'The id that Kafka gave the topic, in base64: another id is another topic, whatever its name. Null where the broker gives none.';
comment on column streams.owner_epoch is 'Raised by each consumer that takes the stream over. An append of an earlier owner is refused.';
comment on column streams.chain_offset is 'The chain covers the events from here on.';
comment on column streams.event_count is 'How many events the chain has.';
comment on column streams.head is 'The running head of the chain, over all events below next_offset. Moved with it, by the same compare-and-set.';

-- The head, written down now and then: every 1,000 events and every minute. Between two seals the chain can be recomputed alone.
create table seals (
    stream_id integer not null references streams,
    next_offset bigint not null,
    event_count bigint not null check (event_count >= 0),
    head bytea not null check (length(head) = 32),
    sealed_at timestamptz not null default now(),
    primary key (stream_id, next_offset)
);

comment on table seals is 'What the head of a stream was when its next offset was this one.';
comment on column seals.event_count is 'How many events the chain had. 0 where it starts.';

insert into seals (stream_id, next_offset, event_count, head) select id, chain_offset, 0, head from streams;

-- Header names are bytes like everything else that a producer chooses.
create function pg_temp.to_bytes(names text[]) returns bytea[] language sql immutable as $$
    select array_agg(convert_to(name, 'UTF8') order by number) from unnest(names) with ordinality as header(name, number)
$$;
alter table events
    add column chain_mark bytea,
    alter column header_names type bytea[] using case when header_names is null then null else pg_temp.to_bytes(header_names) end;

comment on column events.chain_mark is 'The first 8 bytes of the head after this event. Proves nothing, but shows where a broken chain breaks. Null before the chain.';
