//! `migrate`: the schema to this build's version.

use clap::Args;
use runtime::database::DatabaseArgs;
use tracing::info;

/// Brings the database to this build's schema version: tables, functions, roles. Safe to run again and at once with others.
///
/// The user needs to own the database and to be able to create roles. It becomes a member of each service's role; another
/// user that a service connects as must be granted that role: `payload_tracker_appender` (ingest), `payload_tracker_projector`
/// (project), `payload_tracker_reader` (serve).
#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(args: MigrateArgs) -> anyhow::Result<()> {
    migrate(&args.database).await
}

/// Migrates a database and says what was done.
pub(crate) async fn migrate(database: &DatabaseArgs) -> anyhow::Result<()> {
    let mut client = database.connect("payload-tracker migrate").await?;
    let migrated = schema::migrate(&mut client).await?;
    if migrated.applied.is_empty() {
        info!(version = migrated.version, "the schema is up to date");
    }
    for name in &migrated.applied {
        info!(migration = name, "applied");
    }
    if !migrated.applied.is_empty() {
        info!(version = migrated.version, "the schema has a new version");
    }
    Ok(())
}
