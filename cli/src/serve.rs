//! `serve`: REST and GraphQL over the read models.

use anyhow::Context as _;
use clap::Args;
use query_api::{Api, ServeArgs, audit_pool_options, pool_options};
use runtime::admin::{self, AdminArgs};
use runtime::database::DatabaseArgs;

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
    admin: AdminArgs,
}

pub(crate) async fn run(args: ServeCommandArgs) -> anyhow::Result<()> {
    let mut process = Process::start(&args.admin).await?;
    let listener = admin::bind(args.admin.listen_address(), args.serve.public_port)
        .await
        .context("the API's port (PUBLICPORT) can't be opened")?;
    let pool = args.database.pool(&pool_options(&args.serve))?;
    let audit = args.database.pool(&audit_pool_options())?;
    let api = Api { args: args.serve, pool, audit };
    process.tasks.spawn(api.run(listener, process.health.clone(), process.tasks.stop()));
    process.finish().await
}
