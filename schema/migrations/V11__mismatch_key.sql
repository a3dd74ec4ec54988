-- A mismatch is noted once, also when two find it at the same moment.
delete from mismatches using mismatches as earlier
where earlier.id < mismatches.id
    and (earlier.generation_id, earlier.row_key, earlier.what) = (mismatches.generation_id, mismatches.row_key, mismatches.what);

-- By hashes: both texts may be longer than an index takes.
create unique index mismatches_key on mismatches (generation_id, hashtextextended(row_key, 0), hashtextextended(what, 0));
