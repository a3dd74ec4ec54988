//! `payload-tracker`: every service and tool of the tracker in one binary.

mod command;
mod dev;
mod environment;
mod ingest;
mod migrate;
mod process;
mod project;
mod seed;
mod serve;

use std::process::ExitCode;

use runtime::telemetry;
use tracing::error;

use crate::command::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = environment::parse::<Cli>();
    telemetry::init_logs(&cli.logs);
    match run(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(error = format!("{error:#}"), "stopped");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Ingest(args) => ingest::run(args).await,
        Command::Project(args) => project::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Dev(args) => dev::run(*args).await,
        Command::Seed(args) => seed::run(args, process::stop_on_interrupt()?).await,
    }
}
