-- One role a service, with what it needs and no more. They can't log in: the service's own user is made a member, and sets the role when it connects.
-- Roles belong to the whole server, so they may be there already, put there for another database.
do $$
declare
    role_name text;
begin
    foreach role_name in array array[
        'payload_tracker_appender', 'payload_tracker_projector', 'payload_tracker_reader', 'payload_tracker_auditor']
    loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I nologin', role_name);
        end if;
        if not pg_has_role(current_user, role_name, 'member') then
            execute format('grant %I to %I', role_name, current_user);
        end if;
    end loop;
end $$;

revoke create on schema public from public;

grant select, insert on streams to payload_tracker_appender;
grant update (next_offset, last_record_hash) on streams to payload_tracker_appender;
grant insert, select on events, offset_gaps to payload_tracker_appender;
grant execute on function create_event_day to payload_tracker_appender;

grant select on streams, events, offset_gaps to payload_tracker_projector;
grant select, insert, update, delete on generations, active_generation, cursors to payload_tracker_projector;

grant execute on function create_generation_schema to payload_tracker_projector;

grant select on streams, generations, active_generation, cursors to payload_tracker_reader;

grant select on streams, events, offset_gaps, generations, active_generation, cursors to payload_tracker_auditor;

grant select on refinery_schema_history
    to payload_tracker_appender, payload_tracker_projector, payload_tracker_reader, payload_tracker_auditor;
