//! `project`: the event log to the read models.

use clap::Args;
use projector::{Project, ProjectArgs, pool_options};
use runtime::admin::AdminArgs;
use runtime::database::DatabaseArgs;
use tokio::sync::watch;

use crate::process::Process;

/// Folds new events into the read models, each batch in one transaction with its cursor.
///
/// It may be killed at any time. A second one is harmless, and takes over when the first goes.
#[derive(Args, Debug)]
pub(crate) struct ProjectCommandArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(crate) async fn run(args: ProjectCommandArgs) -> anyhow::Result<()> {
    let mut process = Process::start(&args.admin).await?;
    let (stop, (wake, woken)) = (process.tasks.stop(), watch::channel(()));
    let pool = args.database.pool(&pool_options())?;
    let listen = args.database.listen("payload-tracker project", schema::APPENDED, wake, stop.clone());
    process.tasks.spawn(listen);
    process.tasks.spawn(Project { args: args.project, pool, wake: woken }.run(process.health.clone(), stop));
    process.finish().await
}
