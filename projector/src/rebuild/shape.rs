//! The generation that is being built: the newest that nobody has seen yet, else a new one.

use runtime::database::{Pool, Transaction};
use schema::PROJECTION_VERSION;
use tracing::warn;

use crate::{Generation, ProjectError, RequestIdRule, Shape, generation};

/// Finds the generation that an earlier rebuild left behind, half made or complete, or makes one. Gives its state too.
pub(super) async fn find_or_create(
    pool: &Pool,
    shape: Shape,
    is_fresh: bool,
) -> Result<(Generation, String), ProjectError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let known = if is_fresh { None } else { find(&transaction, shape).await? };
    let found = match known {
        Some(found) => found,
        None => (generation::create(&transaction, shape, "loading").await?, "loading".to_owned()),
    };
    transaction.commit().await?;
    Ok(found)
}

/// One that is complete is only the one that is asked for if it is of the same shape.
async fn find(
    transaction: &Transaction<'_>,
    shape: Shape,
) -> Result<Option<(Generation, String)>, ProjectError> {
    let length = i32::try_from(shape.request_id_length).expect("the argument is bounded");
    let row = transaction
        .query_opt(
            "-- shape::find
            select id, request_id_length, shard_count, state from generations
            where projection_version = $1 and activated_at is null
                and id > coalesce((select generation_id from active_generation), 0)
                and (state <> 'following' or (request_id_length, shard_count) = ($2, $3))
            order by id desc limit 1",
            &[&PROJECTION_VERSION, &length, &shape.shard_count],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let generation = Generation::from_row(&row);
    let rule = RequestIdRule::from_length(shape.request_id_length);
    if (generation.request_id_rule, generation.shard_count) != (rule, shape.shard_count) {
        warn!(
            generation = generation.id.0,
            kept_request_id_length = row.get::<_, i32>("request_id_length"),
            kept_workers = generation.shard_count,
            "a generation that is half made keeps what it was begun with, not what is asked for now; `payload-tracker rebuild --fresh` begins another"
        );
    }
    Ok(Some((generation, row.get("state"))))
}
