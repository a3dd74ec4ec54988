-- What was made of a generation before readers saw it: whether it was compared, what came of that, and who took it all the same.

alter table generations
    add column compared_with integer,
    add column compared_at timestamptz,
    add column is_same boolean,
    add column accepted_at timestamptz,
    add column activated_at timestamptz,
    add check (num_nulls(compared_with, compared_at, is_same) in (0, 3));

comment on column generations.compared_with is 'The generation that it was compared with last. That one may be gone.';
comment on column generations.is_same is 'Whether the two told the same, requests in motion aside.';
comment on column generations.accepted_at is 'When it was shown to readers although it differs from the one they saw, or wasn''t compared with it.';
comment on column generations.activated_at is 'When readers saw it for the first time; empty if they never did.';

-- Of those that readers saw even earlier nothing is known any more.
update generations set activated_at = active_generation.activated_at
from active_generation where generations.id in (active_generation.generation_id, active_generation.previous_id);
