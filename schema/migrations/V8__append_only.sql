-- Append-only: functions, triggers and grants are in permissions.sql, which every `migrate` runs.

-- What no day can hold must not be caught by the default partition either; and each header has a name and a value or null.
alter table events
    add constraint events_finite check (isfinite(appended_at)),
    add constraint events_headers check (cardinality(header_names) is not distinct from cardinality(header_values));
