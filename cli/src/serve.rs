//! `serve`: REST and GraphQL over the read models.

use anyhow::Context as _;
use clap::Args;
use query_api::{Api, ServeArgs, audit_pool_options, pool_options, probe_pool_options};
use runtime::admin::{self, AdminArgs};
use runtime::database::DatabaseArgs;
use tokio::sync::watch;

use crate::process::Process;

/// Serves REST and GraphQL. Any number may run.
///
/// While the database is away every answer is a 503 that says when to try again.
#[derive(Args, Debug)]
pub(crate) struct ServeCommandArgs {
    #[command(flatten)]
    serve: ServeArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Where the API reads. Everything else of the way there is that of the database.
#[derive(Args, Debug)]
#[command(next_help_heading = "Database")]
struct ReadArgs {
    /// Host of a hot standby to read from. What is written (who asked for an archive) goes to `DB_HOST` [default: that of `DB_HOST`]
    #[arg(long = "db-read-host", env = "DB_READ_HOST", value_name = "DB_READ_HOST")]
    read_host: Option<String>,
    /// Port of the standby [default: that of `DB_PORT`]
    #[arg(long = "db-read-port", env = "DB_READ_PORT", value_name = "DB_READ_PORT", requires = "read_host")]
    read_port: Option<u16>,
}

impl ReadArgs {
    /// Where to read what is in the database.
    fn of(self, database: &DatabaseArgs) -> DatabaseArgs {
        let host = self.read_host.or_else(|| database.host.clone());
        DatabaseArgs { host, port: self.read_port.unwrap_or(database.port), ..database.clone() }
    }
}

pub(crate) async fn run(args: ServeCommandArgs) -> anyhow::Result<()> {
    let mut process = Process::start(&args.admin).await?;
    let listener = admin::bind(args.admin.listen_address(), args.serve.public_port)
        .await
        .context("the API's port (PUBLICPORT) can't be opened")?;
    let read = args.read.of(&args.database);
    let (pool, probe) =
        (read.pool(&pool_options(&args.serve))?, read.pool(&probe_pool_options(&args.serve))?);
    let audit = args.database.pool(&audit_pool_options())?;
    let (stop, (wake, woken)) = (process.tasks.stop(), watch::channel(()));
    // Of the database itself: nobody is told anything by a standby.
    let listen = args.database.listen("payload-tracker serve listen", schema::PROJECTED, wake, stop.clone());
    process.tasks.spawn(listen);
    let api = Api { args: args.serve, pool, probe, audit, wake: woken };
    process.tasks.spawn(api.run(listener, process.health.clone(), stop));
    process.finish().await
}
