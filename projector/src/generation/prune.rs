//! Pruning: generations that nobody needs are dropped.

use runtime::database::{Object, Pool};
use schema::GenerationId;
use tracing::info;

use super::{GenerationSummary, list_generations};
use crate::ProjectError;

/// Drops generations: those that are named, or else all that are complete and neither active, nor the one to go back to, nor made to
/// be activated yet. Gives which ones; a dry run drops none.
///
/// # Errors
/// When one that is named is active or isn't there.
pub async fn prune(
    pool: &Pool,
    named: &[GenerationId],
    is_dry: bool,
) -> Result<Vec<GenerationSummary>, ProjectError> {
    let all = list_generations(pool).await?;
    for id in named {
        let known = all.iter().find(|generation| generation.id == id.0);
        match known {
            None => return Err(ProjectError::Unfit(*id, "isn't there")),
            Some(generation) if generation.is_active => {
                return Err(ProjectError::Unfit(*id, "is the one that readers see"));
            }
            Some(_) => {}
        }
    }
    let is_due = |generation: &GenerationSummary| {
        let is_needed = generation.is_active || generation.is_previous || generation.is_unseen;
        let is_spare = generation.state == "following" && !is_needed;
        if named.is_empty() { is_spare } else { named.contains(&GenerationId(generation.id)) }
    };
    let due: Vec<GenerationSummary> = all.into_iter().filter(is_due).collect();
    if !is_dry {
        let mut client = pool.get().await?;
        for generation in &due {
            drop_generation(&mut client, GenerationId(generation.id)).await?;
        }
    }
    Ok(due)
}

async fn drop_generation(client: &mut Object, id: GenerationId) -> Result<(), ProjectError> {
    let transaction = client.transaction().await?;
    // Waits for who is writing to it; who comes later finds it gone. Nobody can activate it meanwhile: that row refers to it.
    let deleted =
        transaction.execute("-- prune::drop\ndelete from generations where id = $1", &[&id]).await?;
    if deleted > 0 {
        transaction.batch_execute(&format!("drop schema {} cascade", id.schema())).await?;
    }
    transaction.commit().await?;
    info!(generation = id.0, "dropped");
    Ok(())
}
