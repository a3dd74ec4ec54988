-- Who sees which rows of a generation. Run by the owner of its tables, with search_path set to its own schema, any number of times:
-- each table and each policy is looked at by itself, and what is missing is made.
do $$
declare
    item record;
    own text;
begin
    if current_schema() is null then
        -- Dropped meanwhile.
        return;
    end if;
    -- Every table, so that none is forgotten: where no policy is for them, tenants see nothing.
    for item in
        select relname as name, relrowsecurity as is_secured,
               array(select polname::text from pg_policy where polrelid = pg_class.oid) as policies
        from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'
    loop
        if not item.is_secured then
            execute format('alter table %I enable row level security', item.name);
        end if;
        if 'everything' <> all(item.policies) then
            execute format('create policy everything on %I for select to payload_tracker_reader, payload_tracker_auditor using (true)', item.name);
        end if;
        own := case
            -- The setting lasts for a transaction. Without it, and of nobody's organisation, there is nothing to see.
            -- By what the index holds of it too.
            when item.name = 'payloads' then $own$
                org_id_start = nullif(current_setting('payload_tracker.org_id', true), '')::name::text
                and org_id = nullif(current_setting('payload_tracker.org_id', true), '')$own$
            -- The policy of payloads holds in here too. Not `exists`: that may be answered by reading all payloads of the organisation first.
            when item.name in ('services', 'parts', 'conflicts', 'statuses') then
                format('(select true from payloads where payloads.request_id = %I.request_id)', item.name)
        end;
        if own is not null and 'own_organisation' <> all(item.policies) then
            execute format('create policy own_organisation on %I for select to payload_tracker_tenant using (%s)', item.name, own);
        end if;
    end loop;

    execute format('grant usage on schema %I to payload_tracker_reader, payload_tracker_auditor, payload_tracker_tenant', current_schema());
    execute format('grant select on all tables in schema %I to payload_tracker_reader, payload_tracker_auditor', current_schema());
    -- Not the counts: they are everybody's, and a query that asked them for a tenant is to fail. Of quarantine nothing is shown.
    grant select on payloads, services, parts, conflicts, statuses, quarantine to payload_tracker_tenant;
end $$;
