-- Who may do what. Run by every `migrate`, whatever is there already: roles, owners, grants and triggers are put right again.
--
-- Services may be running. Whoever holds what is locked below is waited for, briefly, and `migrate` tries again.
set local lock_timeout = '5s';

-- One role a service, with what it needs and no more. They can't log in: a service's own user is made a member, and takes on
-- the role when it connects. Roles belong to the whole server, so another database may have made them.
do $$
declare
    role_name text;
begin
    foreach role_name in array array[
        'payload_tracker_owner', 'payload_tracker_migrator', 'payload_tracker_appender', 'payload_tracker_projector',
        'payload_tracker_reader', 'payload_tracker_tenant', 'payload_tracker_recorder', 'payload_tracker_auditor']
    loop
        begin
            if not exists (select from pg_roles where rolname = role_name) then
                execute format('create role %I nologin', role_name);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
        if not pg_has_role(current_user, role_name, 'member') then
            execute format('grant %I to %I', role_name, current_user);
        end if;
    end loop;
    if not pg_has_role('payload_tracker_migrator', 'payload_tracker_owner', 'member') then
        grant payload_tracker_owner to payload_tracker_migrator;
    end if;
    -- A reader takes it on for a transaction.
    if not pg_has_role('payload_tracker_reader', 'payload_tracker_tenant', 'member') then
        grant payload_tracker_tenant to payload_tracker_reader;
    end if;
end $$;

-- In the order in which an append locks them: in any other, either could wait for the other.
lock table streams, offset_gaps, retired_ranges, seals, events in share row exclusive mode;

-- Append-only is said twice: by the grants below, and by triggers, which bind the owner too.
create or replace function refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '% on % is refused: it is append-only', tg_op, tg_table_name
        using errcode = 'insufficient_privilege',
              hint = 'Old days go by `payload-tracker retain`.';
end $$;

create or replace trigger append_only before update or delete or truncate on offset_gaps for each statement execute function refuse_change();
create or replace trigger append_only before update or delete or truncate on retired_ranges for each statement execute function refuse_change();
create or replace trigger append_only before update or delete or truncate on archive_requests for each statement execute function refuse_change();
create or replace trigger append_only before update or truncate on seals for each statement execute function refuse_change();
create or replace trigger append_only before delete or truncate on streams for each statement execute function refuse_change();

-- Seals within a retired range have nothing left to seal.
create or replace function refuse_unretired_seal() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    if not exists (
        select from retired_ranges as range
        where range.stream_id = old.stream_id and range.from_offset < old.next_offset and old.next_offset < range.to_offset)
    then
        raise exception 'DELETE on seals is refused: its events are kept' using errcode = 'insufficient_privilege';
    end if;
    return old;
end $$;

create or replace trigger append_only_row before delete on seals for each row execute function refuse_unretired_seal();

-- A stream goes forward, and stays what it is.
create or replace function refuse_rewind() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.next_offset < old.next_offset or new.event_count < old.event_count or new.owner_epoch not between old.owner_epoch and old.owner_epoch + 1
        or (new.id, new.topic, new.partition, new.lineage, new.first_offset, new.chain_offset)
            is distinct from (old.id, old.topic, old.partition, old.lineage, old.first_offset, old.chain_offset)
        or old.topic_id is not null and new.topic_id is distinct from old.topic_id
    then
        raise exception 'a stream never goes back and never changes its identity' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create or replace trigger forward_only before update on streams for each row execute function refuse_rewind();

-- Truncating a partition doesn't fire its parent's triggers, so each has its own.
create or replace function protect_event_table(event_table regclass) returns void
language plpgsql set search_path = public, pg_temp as $$
begin
    -- 58: a statement trigger, before update, delete and truncate; of any column, and whatever is in it.
    if not exists (
        select from pg_trigger
        where tgrelid = event_table and tgname = 'append_only' and tgfoid = 'refuse_change'::regproc and tgtype = 58
            and tgqual is null and tgattr = '')
    then
        execute format(
            'create or replace trigger append_only before update or delete or truncate on %s for each statement execute function refuse_change()',
            event_table);
    end if;
end $$;

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
        -- Else it is made later: not to be had is no reason for the days after it not to be made.
        if pg_try_advisory_xact_lock(8097887111620944898) then
            perform drain_event_default();
        end if;
        return to_regclass('public.' || day_table) is not null;
    end if;
    execute format('create table %I partition of events for values from (%L) to (%L)', day_table, day_start, day_end);
    execute format('create unique index %I on %I (stream_id, record_offset)', day_table || '_position', day_table);
    perform protect_event_table(format('public.%I', day_table)::regclass);
    return true;
end $$;

-- Moves what the default partition caught into partitions of its own days. Nothing is deleted: the rows are copied, and the old
-- table, which holds nothing else, is dropped, in one transaction. All of the log waits meanwhile: more events than `most` are left
-- where they are, and null is returned. `payload-tracker retain` asks for all of them (null). Refused while the log is looked at as a
-- whole (LOG_LOCK in schema/src/lock.rs): a snapshot of before doesn't see what is copied, and no longer has what is dropped.
create or replace function drain_event_default(most bigint default 200000) returns bigint
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
    if not pg_try_advisory_xact_lock(8097887111620944898) then
        raise exception 'the log is being looked at as a whole' using errcode = 'lock_not_available';
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

revoke create on schema public from public;
grant usage, create on schema public to payload_tracker_owner;

-- The tables of the log, and what acts on them, belong to a role that nobody logs in as.
do $$
declare
    item record;
begin
    for item in
        select oid::regclass as name from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
            and pg_get_userbyid(relowner) <> 'payload_tracker_owner'
            and (oid::regclass::text = any(array[
                'streams', 'offset_gaps', 'seals', 'retired_ranges', 'horizons', 'generations', 'active_generation', 'cursors',
                'mismatches', 'freshness', 'archive_requests'])
                or oid = 'events'::regclass or oid in (select inhrelid from pg_inherits where inhparent = 'events'::regclass))
    loop
        execute format('alter table %s owner to payload_tracker_owner', item.name);
    end loop;
    for item in
        select oid::regprocedure as name from pg_proc
        where pronamespace = 'public'::regnamespace
            and proname in ('create_event_day', 'drain_event_default', 'protect_event_table', 'refuse_change',
                'refuse_unretired_seal', 'refuse_rewind')
            and pg_get_userbyid(proowner) <> 'payload_tracker_owner'
    loop
        execute format('alter function %s owner to payload_tracker_owner', item.name);
    end loop;
    -- Every partition has its trigger, and none has a grant of its own: access goes through the parent.
    for item in
        select 'events'::regclass as name
        union all select inhrelid::regclass from pg_inherits where inhparent = 'events'::regclass
    loop
        perform protect_event_table(item.name);
        execute format('revoke all on %s from public, payload_tracker_migrator, payload_tracker_appender,
            payload_tracker_projector, payload_tracker_reader, payload_tracker_recorder, payload_tracker_auditor', item.name);
    end loop;
    for item in
        select tgrelid::regclass as name, tgname as trigger_name from pg_trigger
        where not tgisinternal and tgenabled <> 'O' and tgname in ('append_only', 'append_only_row', 'forward_only')
    loop
        execute format('alter table %s enable trigger %I', item.name, item.trigger_name);
    end loop;
end $$;

-- Nobody but the roles has a grant.
do $$
declare
    item record;
begin
    for item in
        with log_table as (
            select oid, relacl as acl from pg_class
            where relnamespace = 'public'::regnamespace and (
                oid in ('events'::regclass, 'streams'::regclass, 'offset_gaps'::regclass, 'seals'::regclass,
                    'retired_ranges'::regclass, 'horizons'::regclass, 'generations'::regclass, 'active_generation'::regclass,
                    'cursors'::regclass, 'mismatches'::regclass, 'freshness'::regclass, 'archive_requests'::regclass)
                or oid in (select inhrelid from pg_inherits where inhparent = 'events'::regclass))),
        granted as (
            select oid, acl from log_table
            union all
            select attrelid, attacl from pg_attribute where attrelid in (select oid from log_table) and not attisdropped)
        select distinct granted.oid::regclass as name, rolname
        from granted cross join aclexplode(acl) as one join pg_roles on pg_roles.oid = one.grantee
        where rolname not in (
            'payload_tracker_owner', 'payload_tracker_migrator', 'payload_tracker_appender', 'payload_tracker_projector',
            'payload_tracker_reader', 'payload_tracker_recorder', 'payload_tracker_auditor')
    loop
        execute format('revoke all on %s from %I cascade', item.name, item.rolname);
    end loop;
    for item in
        select pg_get_userbyid(roleid) as role_name, pg_get_userbyid(member) as member_name from pg_auth_members
        where pg_get_userbyid(roleid) in ('payload_tracker_owner', 'payload_tracker_migrator')
            and pg_get_userbyid(member) not in (current_user, 'payload_tracker_migrator')
    loop
        raise warning '% is a member of %, and may change the log', item.member_name, item.role_name;
    end loop;
end $$;

revoke all on streams, offset_gaps, seals, retired_ranges, horizons, generations, active_generation, cursors, mismatches, freshness,
        archive_requests, refinery_schema_history
    from public, payload_tracker_migrator, payload_tracker_appender, payload_tracker_projector, payload_tracker_reader,
        payload_tracker_recorder, payload_tracker_auditor;
revoke execute on function create_event_day, drain_event_default, protect_event_table, create_generation_schema from public;

grant select, insert on streams to payload_tracker_appender;
grant update (topic_id, owner_epoch, next_offset, event_count, head, last_record_hash) on streams to payload_tracker_appender;
grant select, insert on offset_gaps, seals to payload_tracker_appender;
-- Not id and not appended_at: these are the server's to give.
grant select, insert (stream_id, record_offset, timestamp_ms, key, value, header_names, header_values, chain_mark) on events
    to payload_tracker_appender;
grant execute on function create_event_day, drain_event_default to payload_tracker_appender;

grant select on streams, events, offset_gaps, retired_ranges to payload_tracker_projector;
grant select, insert, update, delete on generations, active_generation, cursors to payload_tracker_projector;
grant select, insert on horizons, mismatches to payload_tracker_projector;
grant select on freshness to payload_tracker_projector;
grant execute on function create_generation_schema to payload_tracker_projector;

grant select on streams, horizons, generations, active_generation, cursors, mismatches, freshness to payload_tracker_reader;
-- Where the log is kept from: what lies before it nobody can be told.
grant select (stream_id, from_offset, to_offset) on retired_ranges to payload_tracker_reader;
-- What a payload's own messages called it.
grant select (stream_id, record_offset, value, appended_at) on events to payload_tracker_reader;

-- Not id and not requested_at.
grant insert (request_id, email) on archive_requests to payload_tracker_recorder;

grant select on streams, events, offset_gaps, seals, retired_ranges, horizons, generations, active_generation, cursors, mismatches,
        freshness, archive_requests
    to payload_tracker_auditor;

grant select on refinery_schema_history
    to payload_tracker_migrator, payload_tracker_appender, payload_tracker_projector, payload_tracker_reader,
        payload_tracker_auditor;
