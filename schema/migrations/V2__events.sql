-- The event log: every record as the broker handed it over, byte for byte.
-- No foreign key to streams: the append transaction holds the stream's row anyway, and a check a row would cost more than the copy.
create table events (
    id bigint generated always as identity,
    record_offset bigint not null,
    timestamp_ms bigint,
    appended_at timestamptz not null default now(),
    stream_id integer not null,
    key bytea,
    value bytea,
    header_names text[],
    header_values bytea[]
) partition by range (appended_at);

comment on table events is 'Raw Kafka records. An event is identified by (stream_id, record_offset).';
comment on column events.id is 'A name for people and for the APIs'' integer ids. No order and no cursor hangs on it.';
comment on column events.timestamp_ms is 'The record''s timestamp, milliseconds since the epoch, as the broker gave it.';
comment on column events.appended_at is 'When the append transaction began; the partitioning key.';
comment on column events.value is 'Null for a tombstone.';
comment on column events.header_names is 'Names of the headers in order; null when there are none. header_values runs in parallel.';

create table events_default partition of events default;
create unique index events_default_position on events_default (stream_id, record_offset);

-- Makes the partition of one UTC day. A unique index over all days would have to include appended_at and so prove nothing:
-- (stream_id, record_offset) is unique within a day by index, and over days by the compare-and-set on streams.
create function create_event_day(day date) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    day_table text := 'events_' || to_char(day, 'YYYYMMDD');
begin
    perform pg_advisory_xact_lock(hashtext('create_event_day'));
    if to_regclass('public.' || day_table) is not null then
        return false;
    end if;
    execute format(
        'create table %I partition of events for values from (%L) to (%L)',
        day_table, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    execute format('create unique index %I on %I (stream_id, record_offset)', day_table || '_position', day_table);
    return true;
end $$;

revoke execute on function create_event_day from public;
