//! Generations: complete sets of read models, one of which readers see.

mod list;
mod prune;
mod switch;

use runtime::database::{Pool, Transaction};
use schema::{
    GenerationId, PROJECTION_INDEXES, PROJECTION_POLICIES, PROJECTION_TABLES, PROJECTION_VERSION,
    STATUS_INDEX,
};
use tokio_postgres::Row;
use tracing::{info, warn};

use crate::{ProjectError, RequestIdRule};

pub use self::list::{GenerationSummary, list_generations};
pub use self::prune::prune;
pub use self::switch::{Consent, Switch, activate, activate_within, previous_generation};

/// A generation of this projection version, and what is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its key.
    pub id: GenerationId,
    /// Its rule for request ids.
    pub request_id_rule: RequestIdRule,
    /// How many writers its requests are dealt out to.
    pub shard_count: i16,
}

/// What a generation is made with, and keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The length that a request id of no known form must have to be accepted; 0 for any.
    pub request_id_length: u32,
    /// How many writers its requests are dealt out to.
    pub shard_count: i16,
}

impl Generation {
    /// Reads a row that holds `id`, `request_id_length` and `shard_count` of `generations`.
    pub(crate) fn from_row(row: &Row) -> Self {
        let length: i32 = row.get("request_id_length");
        Self {
            id: row.get("id"),
            request_id_rule: RequestIdRule::from_length(length.unsigned_abs()),
            shard_count: row.get("shard_count"),
        }
    }
}

/// The active generation; where there is none yet, a new and empty one, made active.
///
/// # Errors
/// When the active one is of another version of the projection, and there is none of this one.
pub async fn find_or_create(pool: &Pool, shape: Shape) -> Result<Generation, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let generation = match find(&transaction, shape).await? {
        Some(generation) => generation,
        None => {
            let generation = create(&transaction, shape, "following").await?;
            index(&transaction, generation.id).await?;
            activate_first(&transaction, generation.id).await?;
            info!(
                generation = generation.id.0,
                projection_version = PROJECTION_VERSION,
                "made the first generation of read models"
            );
            generation
        }
    };
    transaction.commit().await?;
    Ok(generation)
}

/// The generation that readers see, or another one of this version.
///
/// # Errors
/// When there is none, or it is of another version.
pub async fn active_generation(pool: &Pool, id: Option<GenerationId>) -> Result<Generation, ProjectError> {
    let client = pool.get().await?;
    let row = client
        .query_opt(
            "-- generation::active
            select id, projection_version, request_id_length, shard_count from generations
            where id = coalesce($1, (select generation_id from active_generation))",
            &[&id],
        )
        .await?;
    let row = row.ok_or(ProjectError::NoGeneration)?;
    match row.get("projection_version") {
        PROJECTION_VERSION => Ok(Generation::from_row(&row)),
        version => Err(ProjectError::ProjectionVersion(version)),
    }
}

/// The generations that are to be kept up with the log by this version.
pub(crate) async fn list_following(pool: &Pool) -> Result<Vec<Generation>, ProjectError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "-- generation::list_following
            select id, request_id_length, shard_count from generations
            where projection_version = $1 and state = 'following'
            order by id",
        )
        .await?;
    let rows = client.query(&statement, &[&PROJECTION_VERSION]).await?;
    Ok(rows.iter().map(Generation::from_row).collect())
}

/// The active one, or else the latest of this version.
async fn find(transaction: &Transaction<'_>, shape: Shape) -> Result<Option<Generation>, ProjectError> {
    // One projector at a time looks, so that only one creates.
    lock_active(transaction).await?;
    let rows = transaction
        .query(
            "-- generation::find
            select generations.id, projection_version, request_id_length, shard_count,
                   generation_id is not null as is_active
            from generations
            left join active_generation on generations.id = generation_id
            where generation_id is not null or projection_version = $1 and state = 'following'
            order by generation_id is null, generations.id desc",
            &[&PROJECTION_VERSION],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let ours = rows.iter().find(|row| row.get::<_, i32>("projection_version") == PROJECTION_VERSION);
    let Some(row) = ours else {
        return Err(ProjectError::ProjectionVersion(first.get("projection_version")));
    };
    let generation = Generation::from_row(row);
    if rows.iter().all(|row| !row.get::<_, bool>("is_active")) {
        // A rebuild made the first one.
        activate_first(transaction, generation.id).await?;
    }
    if generation.request_id_rule != RequestIdRule::from_length(shape.request_id_length) {
        warn!(
            VALIDATE_REQUEST_ID_LENGTH = shape.request_id_length,
            kept = row.get::<_, i32>("request_id_length"),
            "the read models were built with another length and keep it; `payload-tracker rebuild` makes new ones"
        );
    }
    Ok(Some(generation))
}

/// Has whoever else may change what readers see wait for the end of the transaction. In a statement of its own: what comes after it
/// must see what the one before has made.
async fn lock_active(transaction: &Transaction<'_>) -> Result<(), ProjectError> {
    let sql = "-- generation::lock_active\nselect pg_advisory_xact_lock(hashtext('active_generation'))";
    transaction.execute(sql, &[]).await?;
    Ok(())
}

async fn activate_first(transaction: &Transaction<'_>, id: GenerationId) -> Result<(), ProjectError> {
    let sql = "-- generation::activate_first\ninsert into active_generation (generation_id) values ($1) on conflict do nothing";
    transaction.execute(sql, &[&id]).await?;
    switch::note_activated(transaction, id, false).await
}

/// Makes a generation and its tables, without indexes.
pub(crate) async fn create(
    transaction: &Transaction<'_>,
    shape: Shape,
    state: &str,
) -> Result<Generation, ProjectError> {
    let length = i32::try_from(shape.request_id_length).expect("the argument is bounded");
    let row = transaction
        .query_one(
            "-- generation::create
            insert into generations (projection_version, request_id_length, shard_count, state, built_at)
            values ($1, $2, $3, $4, case $4 when 'following' then now() end)
            returning id, request_id_length, shard_count",
            &[&PROJECTION_VERSION, &length, &shape.shard_count, &state],
        )
        .await?;
    let generation = Generation::from_row(&row);
    let (id, schema) = (generation.id, generation.id.schema());
    // The name is made of a number of ours, so it needs no quoting.
    transaction
        .batch_execute(&format!(
            "select create_generation_schema({id});
            set local search_path = {schema};
            {PROJECTION_TABLES}
            {PROJECTION_POLICIES}
            set local search_path = public;"
        ))
        .await?;
    Ok(generation)
}

/// Makes all indexes of a generation that aren't there.
async fn index(transaction: &Transaction<'_>, id: GenerationId) -> Result<(), ProjectError> {
    let schema = id.schema();
    transaction
        .batch_execute(&format!(
            "set local search_path = {schema}; {STATUS_INDEX} {PROJECTION_INDEXES} set local search_path = public;"
        ))
        .await?;
    Ok(())
}

/// Notes how far a rebuild is.
pub(crate) async fn set_state(
    pool: &Pool,
    id: GenerationId,
    from: &str,
    state: &str,
) -> Result<(), ProjectError> {
    let client = pool.get().await?;
    let sql = "-- generation::set_state
        update generations set state = $2, built_at = case $2 when 'following' then now() end
        where id = $1 and state = $3";
    match client.execute(sql, &[&id, &state, &from]).await? {
        0 => Err(ProjectError::GenerationGone),
        _ => Ok(()),
    }
}
