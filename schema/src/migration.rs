//! Migrations: making the database fit this build, and refusing to run on one that doesn't.

use thiserror::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

use crate::{GenerationId, PROJECTION_POLICIES, PROJECTION_VERSION};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Any number will do, as long as every migrator asks for the same.
const ADVISORY_LOCK: i64 = 0x7061_796c_6f61_6401;

/// How often they are tried for. Each attempt waits by itself for what is in its way.
const PERMIT_ATTEMPTS: u32 = 40;

/// Roles, owners, grants and triggers: what may have been changed by hand, or come with a new partition.
const PERMISSIONS: &str = include_str!("../permissions.sql");

/// Why migrating failed.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// The database could not be asked.
    #[error("the database refused or went away")]
    Database(#[from] tokio_postgres::Error),
    /// The user may not put roles, grants, triggers and policies right.
    #[error("roles and grants can't be set: the user must own the database and be able to create roles")]
    Forbidden(#[source] tokio_postgres::Error),
    /// Roles, grants, triggers or policies could not be put right, those of the log or of one generation: of it nothing was changed.
    #[error(
        "roles, grants, triggers and policies could not be put right; mend the cause and run `payload-tracker migrate` again"
    )]
    Permissions(#[source] tokio_postgres::Error),
    /// A migration failed. It was rolled back; those before it stand.
    #[error("a migration failed and was rolled back; mend the cause and run `payload-tracker migrate` again")]
    Migration(#[from] refinery::Error),
}

/// Why a service must not run on this database.
#[derive(Debug, Error)]
pub enum VersionError {
    /// The database could not be asked.
    #[error("the schema version could not be read")]
    Database(#[from] tokio_postgres::Error),
    /// No migration ever ran here.
    #[error("the database holds no payload-tracker schema: run `payload-tracker migrate`")]
    Missing,
    /// The database is older than this build.
    #[error(
        "the database is at schema version {found}, this build needs {known}: run `payload-tracker migrate`"
    )]
    Behind {
        /// The database's version.
        found: u32,
        /// This build's.
        known: u32,
    },
    /// The database is newer than this build.
    #[error(
        "the database is at schema version {found}, this build knows only up to {known}: run the newer payload-tracker"
    )]
    Ahead {
        /// The database's version.
        found: u32,
        /// This build's.
        known: u32,
    },
}

/// What a run of [`migrate`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The names of the migrations that ran, in order; empty when there was nothing to do.
    pub applied: Vec<String>,
    /// The version the schema is at now.
    pub version: u32,
}

/// Brings the schema to this build's version, one transaction a migration, and puts roles, owners, grants and triggers right
/// again, whether or not there was anything to migrate.
///
/// Any number may run at once: they queue on an advisory lock, and a killed one lets go of it with its connection.
pub async fn migrate(client: &mut Client) -> Result<Migrated, MigrateError> {
    client.execute("select pg_advisory_lock($1)", &[&ADVISORY_LOCK]).await?;
    let report = embedded::migrations::runner().run_async(client).await;
    let permitted = match &report {
        Ok(_) => permit(client).await,
        Err(_) => Ok(()),
    };
    client.execute("select pg_advisory_unlock($1)", &[&ADVISORY_LOCK]).await?;
    let applied = report?.applied_migrations().iter().map(ToString::to_string).collect();
    permitted.map_err(|error| match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => MigrateError::Forbidden(error),
        _ => MigrateError::Permissions(error),
    })?;
    Ok(Migrated { applied, version: latest_version() })
}

async fn permit(client: &mut Client) -> Result<(), tokio_postgres::Error> {
    run(client, PERMISSIONS).await?;
    let sql = "-- migration::list_generations
        select id from generations
        where projection_version = $1 and to_regnamespace('projection_' || id) is not null";
    // Each by itself: who waits for a reader of its tables holds up neither the log nor the readers of others.
    for row in client.query(sql, &[&PROJECTION_VERSION]).await? {
        let schema = row.get::<_, GenerationId>("id").schema();
        let policies =
            format!("set local lock_timeout = '2s'; set local search_path = {schema}; {PROJECTION_POLICIES}");
        run(client, &policies).await?;
    }
    Ok(())
}

/// Runs statements in a transaction, and again while somebody is in their way.
async fn run(client: &mut Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    let mut attempts = 1..PERMIT_ATTEMPTS;
    loop {
        match try_run(client, sql).await {
            Err(error) if passes(&error) && attempts.next().is_some() => {}
            done => return done,
        }
    }
}

async fn try_run(client: &mut Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(sql).await?;
    transaction.commit().await
}

/// Whether somebody else had locked what is to be changed, or was changing it: services that run, migrators of other databases.
fn passes(error: &tokio_postgres::Error) -> bool {
    let Some(error) = error.as_db_error() else { return false };
    [SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE].contains(error.code())
        || error.code() == &SqlState::INTERNAL_ERROR && error.message() == "tuple concurrently updated"
}

/// The schema version that this build is made for.
pub fn latest_version() -> u32 {
    let versions =
        embedded::migrations::runner().get_migrations().iter().map(|m| version_number(m.version())).max();
    versions.expect("migrations are embedded")
}

/// Succeeds only on a database of exactly this build's schema version.
pub async fn check_version(client: &impl GenericClient) -> Result<(), VersionError> {
    let known = latest_version();
    // -- migration::check_version
    let row = match client
        .query_one("select coalesce(max(version), 0) from refinery_schema_history", &[])
        .await
    {
        Ok(row) => row,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Err(VersionError::Missing),
        Err(error) => return Err(error.into()),
    };
    let found = version_number(row.get::<_, i32>(0));
    match found {
        0 => Err(VersionError::Missing),
        _ if found < known => Err(VersionError::Behind { found, known }),
        _ if found > known => Err(VersionError::Ahead { found, known }),
        _ => Ok(()),
    }
}

fn version_number(version: i32) -> u32 {
    u32::try_from(version).expect("migrations are numbered from 1")
}
