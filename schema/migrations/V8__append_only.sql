-- Append-only is said twice: by the grants (permissions.sql, run by every `migrate`), and by triggers, which bind the owner too.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on % is refused: the event log is append-only', tg_op, tg_table_name
        using errcode = 'insufficient_privilege',
              hint = 'Old days go by `payload-tracker retain`.';
end $$;

create trigger append_only before update or delete or truncate on offset_gaps for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on retired_ranges for each statement execute function refuse_change();
create trigger append_only before update or truncate on seals for each statement execute function refuse_change();
create trigger append_only before delete or truncate on streams for each statement execute function refuse_change();

-- Seals within a retired range have nothing left to seal.
create function refuse_unretired_seal() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    if not exists (
        select from retired_ranges as range
        where range.stream_id = old.stream_id and range.from_offset < old.next_offset and old.next_offset < range.to_offset)
    then
        raise exception 'DELETE on seals is refused: its events are kept' using errcode = 'insufficient_privilege';
    end if;
    return old;
end $$;

create trigger append_only_row before delete on seals for each row execute function refuse_unretired_seal();

-- A stream goes forward, and stays what it is.
create function refuse_rewind() returns trigger language plpgsql as $$
begin
    if new.next_offset < old.next_offset or new.event_count < old.event_count or new.owner_epoch < old.owner_epoch
        or (new.id, new.topic, new.partition, new.lineage, new.first_offset, new.chain_offset)
            is distinct from (old.id, old.topic, old.partition, old.lineage, old.first_offset, old.chain_offset)
        or old.topic_id is not null and new.topic_id is distinct from old.topic_id
    then
        raise exception 'a stream never goes back and never changes its identity' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger forward_only before update on streams for each row execute function refuse_rewind();

-- Truncating a partition doesn't fire its parent's triggers, so each has its own.
create function protect_event_table(event_table regclass) returns void
language plpgsql set search_path = public, pg_temp as $$
begin
    if not exists (select from pg_trigger where tgrelid = event_table and tgname = 'append_only') then
        execute format(
            'create trigger append_only before update or delete or truncate on %s for each statement execute function refuse_change()',
            event_table);
    end if;
end $$;

-- What no day can hold must not be caught by the default partition either; and each header has a name and a value or null.
alter table events
    add constraint events_finite check (isfinite(appended_at)),
    add constraint events_headers check (cardinality(header_names) is not distinct from cardinality(header_values));

create or replace function create_event_day(day date) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
    day_table text := 'events_' || to_char(day, 'YYYYMMDD');
    day_start timestamptz := day::timestamp at time zone 'UTC';
    day_end timestamptz := (day + 1)::timestamp at time zone 'UTC';
begin
    perform pg_advisory_xact_lock(hashtext('create_event_day'));
    if to_regclass('public.' || day_table) is not null then
        return false;
    end if;
    if exists (select from events_default where appended_at >= day_start and appended_at < day_end) then
        perform drain_event_default();
        return to_regclass('public.' || day_table) is not null;
    end if;
    execute format('create table %I partition of events for values from (%L) to (%L)', day_table, day_start, day_end);
    execute format('create unique index %I on %I (stream_id, record_offset)', day_table || '_position', day_table);
    perform protect_event_table(format('public.%I', day_table)::regclass);
    return true;
end $$;

-- Moves what the default partition caught into partitions of its own days. Nothing is deleted: the rows are copied, and the old
-- table, which holds nothing else, is dropped, in one transaction. All of the log waits meanwhile: more events than `most` are left
-- where they are, and null is returned. `payload-tracker retain` asks for all of them (null).
create function drain_event_default(most bigint default 200000) returns bigint
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
    caught date;
    moved bigint;
begin
    if not exists (select from events_default) then
        return 0;
    end if;
    if (select count(*) from (select from events_default limit most + 1) as caught_event) > most then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtext('create_event_day'));
    lock table events in access exclusive mode;
    alter table events detach partition events_default;
    alter table events_default rename to events_caught;
    alter index events_default_position rename to events_caught_position;
    create table events_default partition of events default;
    create unique index events_default_position on events_default (stream_id, record_offset);
    perform protect_event_table('public.events_default');
    for caught in select distinct (appended_at at time zone 'UTC')::date from events_caught loop
        perform create_event_day(caught);
    end loop;
    insert into events overriding system value select * from events_caught;
    get diagnostics moved = row_count;
    drop table events_caught;
    return moved;
end $$;

select protect_event_table('events'), protect_event_table('events_default');
