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
        'payload_tracker_reader', 'payload_tracker_auditor']
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
end $$;

-- In the order in which an append locks them: in any other, either could wait for the other.
lock table streams, offset_gaps, retired_ranges, seals, events in share row exclusive mode;

revoke create on schema public from public;
grant usage, create on schema public to payload_tracker_owner;

-- The tables of the log, and what acts on them, belong to a role that nobody logs in as.
do $$
declare
    item record;
begin
    for item in
        select oid::regclass as name from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
            and pg_get_userbyid(relowner) <> 'payload_tracker_owner'
            and (oid::regclass::text = any(array[
                'streams', 'offset_gaps', 'seals', 'retired_ranges', 'horizons', 'generations', 'active_generation', 'cursors'])
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
            payload_tracker_projector, payload_tracker_reader, payload_tracker_auditor', item.name);
    end loop;
    for item in
        select tgrelid::regclass as name, tgname as trigger_name from pg_trigger
        where not tgisinternal and tgenabled <> 'O' and tgname in ('append_only', 'append_only_row', 'forward_only')
    loop
        execute format('alter table %s enable trigger %I', item.name, item.trigger_name);
    end loop;
end $$;

revoke all on streams, offset_gaps, seals, retired_ranges, horizons, generations, active_generation, cursors, refinery_schema_history
    from public, payload_tracker_migrator, payload_tracker_appender, payload_tracker_projector, payload_tracker_reader,
        payload_tracker_auditor;
revoke execute on function create_event_day, drain_event_default, protect_event_table, create_generation_schema from public;

grant select, insert on streams to payload_tracker_appender;
grant update (topic_id, owner_epoch, next_offset, event_count, head, last_record_hash) on streams to payload_tracker_appender;
grant select, insert on events, offset_gaps, seals to payload_tracker_appender;
grant execute on function create_event_day, drain_event_default to payload_tracker_appender;

grant select on streams, events, offset_gaps, retired_ranges to payload_tracker_projector;
grant select, insert, update, delete on generations, active_generation, cursors to payload_tracker_projector;
grant select, insert on horizons to payload_tracker_projector;
grant execute on function create_generation_schema to payload_tracker_projector;

grant select on streams, generations, active_generation, cursors to payload_tracker_reader;

grant select on streams, events, offset_gaps, seals, retired_ranges, horizons, generations, active_generation, cursors
    to payload_tracker_auditor;

grant select on refinery_schema_history
    to payload_tracker_migrator, payload_tracker_appender, payload_tracker_projector, payload_tracker_reader,
        payload_tracker_auditor;
