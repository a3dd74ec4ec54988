-- Who sees which rows of a generation. Run by the owner of its tables, with search_path set to its own schema, any number of times.
do $$
declare
    table_name text;
begin
    -- Every table, so that none is forgotten: where no policy is for them, tenants see nothing.
    for table_name in
        select relname from pg_class
        where relnamespace = current_schema()::regnamespace and relkind = 'r' and not relrowsecurity
    loop
        execute format('alter table %I enable row level security', table_name);
        execute format('create policy everything on %I for select to payload_tracker_reader, payload_tracker_auditor using (true)', table_name);
    end loop;

    if exists (select from pg_policies where schemaname = current_schema() and policyname = 'own_organisation') then
        return;
    end if;
    -- The setting lasts for a transaction. Without it, and of nobody's organisation, there is nothing to see.
    -- By what the index holds of it too.
    create policy own_organisation on payloads for select to payload_tracker_tenant using (
        case when org_id is null then '' else org_id end::name = nullif(current_setting('payload_tracker.org_id', true), '')::name
        and org_id = nullif(current_setting('payload_tracker.org_id', true), ''));
    -- The policy of payloads holds in here too. Not `exists`: that may be answered by reading all payloads of the organisation first.
    create policy own_organisation on services for select to payload_tracker_tenant using (
        (select true from payloads where payloads.request_id = services.request_id));
    create policy own_organisation on parts for select to payload_tracker_tenant using (
        (select true from payloads where payloads.request_id = parts.request_id));
    create policy own_organisation on conflicts for select to payload_tracker_tenant using (
        (select true from payloads where payloads.request_id = conflicts.request_id));
    create policy own_organisation on statuses for select to payload_tracker_tenant using (
        (select true from payloads where payloads.request_id = statuses.request_id));

    execute format('grant usage on schema %I to payload_tracker_tenant', current_schema());
    -- Not the counts: they are everybody's, and a query that asked them for a tenant is to fail. Of quarantine nothing is shown.
    grant select on payloads, services, parts, conflicts, statuses, quarantine to payload_tracker_tenant;
end $$;
