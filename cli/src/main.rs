//! `payload-tracker`: every service and tool of the tracker in one binary.

mod clowder;
mod command;
mod database;
mod dev;
mod environment;
mod explain;
mod generation;
mod ingest;
mod migrate;
mod output;
mod process;
mod progress;
mod project;
mod rebuild;
mod replay;
mod retain;
mod seed;
mod serve;
mod verify;

use std::process::ExitCode;

use runtime::telemetry;
use tracing::error;

use crate::command::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = environment::parse::<Cli>();
    let traces = telemetry::init(&cli.logs);
    let outcome = run(cli.command).unwrap_or_else(|error| {
        error!(error = format!("{error:#}"), "stopped");
        ExitCode::from(2)
    });
    traces.finish();
    outcome
}

#[tokio::main]
async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        // That something is wrong with what was looked at is a result, not an error.
        Command::Verify(args) => return judged(verify::run(args).await),
        Command::Rebuild(args) => return judged(rebuild::run(*args).await),
        Command::Explain(args) => return judged(explain::explain(args).await),
        Command::AsOf(args) => return judged(explain::as_of(args).await),
        Command::Generations(args) => generation::list(args).await,
        Command::Activate(args) => generation::show(args).await,
        Command::Rollback(args) => generation::go_back(args).await,
        Command::Prune(args) => generation::drop(args).await,
        Command::Ingest(args) => ingest::run(*args).await,
        Command::Project(args) => project::run(args).await,
        Command::Serve(args) => serve::run(*args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Retain(args) => retain::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Dev(args) => dev::run(*args).await,
        Command::Seed(args) => seed::run(args, process::stop_on_interrupt()?).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

fn judged(is_well: anyhow::Result<bool>) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::from(u8::from(!is_well?)))
}
