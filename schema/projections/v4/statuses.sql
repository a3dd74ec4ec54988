-- The index that a rebuild reads the statuses by. With their ids, so that a page far inside is come by in it alone. Run with search_path set to the generation's own schema.
create unique index if not exists statuses_pkey on statuses (request_id, stream_id, record_offset) include (id);
