//! `project`: the event log to the read models.

use clap::Args;
use projector::{Project, ProjectArgs, pool_options};
use runtime::admin::AdminArgs;
use runtime::database::DatabaseArgs;

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
    let project = Project { args: args.project, pool: args.database.pool(&pool_options())? };
    process.tasks.spawn(project.run(process.health.clone(), process.tasks.stop()));
    process.finish().await
}
