-- A column with a constant default: written in the catalogue alone, under a lock that lasts as long as that takes. Versions before this
-- one leave it at 0.
alter table generations add column horizon_chunks bigint not null default 0;
comment on column generations.horizon_chunks is
    'How many times something of a retired day was taken out of it: its answers differ then, though its cursors are where they were.';
