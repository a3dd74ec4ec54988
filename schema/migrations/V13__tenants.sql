-- The role that a tenant's transaction takes on: read models show it the rows of one organisation, by their policies.
-- Those are in projections/, and every `migrate` puts them on generations that have none.
do $$
begin
    begin
        if not exists (select from pg_roles where rolname = 'payload_tracker_tenant') then
            create role payload_tracker_tenant nologin;
        end if;
    exception when duplicate_object or unique_violation then
        null;
    end;
end $$;
