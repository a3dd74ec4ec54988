-- The index that a rebuild reads the statuses by. Run with search_path set to the generation's own schema.
create unique index if not exists statuses_pkey on statuses (request_id, stream_id, record_offset);
