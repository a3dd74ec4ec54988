//! The generation that is being built: the one that is half made, else a new one.

use runtime::database::Pool;
use schema::PROJECTION_VERSION;

use crate::{Generation, ProjectError, Shape, generation};

/// Finds the generation that a killed rebuild left behind, or makes one. Gives its state too.
pub(super) async fn find_or_create(pool: &Pool, shape: Shape) -> Result<(Generation, String), ProjectError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let row = transaction
        .query_opt(
            "-- rebuild::find
            select id, request_id_length, shard_count, state from generations
            where projection_version = $1 and state <> 'following'
            order by id desc limit 1",
            &[&PROJECTION_VERSION],
        )
        .await?;
    let found = match row {
        Some(row) => (Generation::from_row(&row), row.get("state")),
        None => (generation::create(&transaction, shape, "loading").await?, "loading".to_owned()),
    };
    transaction.commit().await?;
    Ok(found)
}
