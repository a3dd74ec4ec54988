//! Generations: complete sets of read models, one of which readers see.

use runtime::database::{Pool, Transaction};
use schema::{GenerationId, PROJECTION_DDL, PROJECTION_VERSION};
use tracing::{info, warn};

use crate::{ProjectError, RequestIdRule};

/// The generation being filled, and what is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its key.
    pub id: GenerationId,
    /// Its rule for request ids.
    pub request_id_rule: RequestIdRule,
}

/// The active generation; where there is none yet, a new and empty one, made active.
///
/// # Errors
/// When the active one is of another version of the projection.
pub async fn find_or_create(pool: &Pool, request_id_length: u32) -> Result<Generation, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let generation = match find_active(&transaction, request_id_length).await? {
        Some(generation) => generation,
        None => create(&transaction, request_id_length).await?,
    };
    transaction.commit().await?;
    Ok(generation)
}

async fn find_active(transaction: &Transaction<'_>, asked: u32) -> Result<Option<Generation>, ProjectError> {
    // One projector at a time looks, so that only one creates.
    let row = transaction
        .query_opt(
            "-- generation::find_active
            with lock as materialized (select pg_advisory_xact_lock(hashtext('active_generation')))
            select generations.id, projection_version, request_id_length
            from lock, active_generation
            join generations on generations.id = generation_id",
            &[],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let version: i32 = row.get("projection_version");
    if version != PROJECTION_VERSION {
        return Err(ProjectError::ProjectionVersion(version));
    }
    let stored: i32 = row.get("request_id_length");
    let length = u32::try_from(stored).expect("the column is checked to be 0 or more");
    if length != asked {
        warn!(
            VALIDATE_REQUEST_ID_LENGTH = asked,
            kept = length,
            "the read models were built with another length and keep it"
        );
    }
    Ok(Some(Generation { id: row.get("id"), request_id_rule: RequestIdRule::from_length(length) }))
}

async fn create(transaction: &Transaction<'_>, request_id_length: u32) -> Result<Generation, ProjectError> {
    let length = i32::try_from(request_id_length).expect("the argument is bounded");
    let row = transaction
        .query_one(
            "-- generation::create
            insert into generations (projection_version, request_id_length) values ($1, $2) returning id",
            &[&PROJECTION_VERSION, &length],
        )
        .await?;
    let id: GenerationId = row.get("id");
    let schema = id.schema();
    // The name is made of a number of ours, so it needs no quoting.
    transaction
        .batch_execute(&format!(
            "select create_generation_schema({id});
            set local search_path = {schema};
            {PROJECTION_DDL}
            grant usage on schema {schema} to payload_tracker_reader, payload_tracker_auditor;
            grant select on all tables in schema {schema} to payload_tracker_reader, payload_tracker_auditor;
            set local search_path = public;"
        ))
        .await?;
    transaction
        .execute(
            "-- generation::activate
            insert into active_generation (generation_id) values ($1)",
            &[&id],
        )
        .await?;
    info!(
        generation = id.0,
        projection_version = PROJECTION_VERSION,
        "made the first generation of read models"
    );
    Ok(Generation { id, request_id_rule: RequestIdRule::from_length(request_id_length) })
}
