-- How many times something of a retired day was taken out of a generation: its answers differ then, though its cursors are where they were.
alter table generations add column horizon_chunks bigint not null default 0;
