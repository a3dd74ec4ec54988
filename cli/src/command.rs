//! The commands.

use clap::{Parser, Subcommand};
use runtime::telemetry::LogArgs;

use crate::dev::DevArgs;
use crate::explain::{AsOfArgs, ExplainArgs};
use crate::generation::{ActivateArgs, GenerationsArgs, PruneArgs, RollbackArgs};
use crate::ingest::IngestArgs;
use crate::migrate::MigrateArgs;
use crate::project::ProjectCommandArgs;
use crate::rebuild::RebuildArgs;
use crate::replay::ReplayArgs;
use crate::retain::RetainArgs;
use crate::seed::SeedArgs;
use crate::serve::ServeCommandArgs;
use crate::verify::VerifyArgs;

/// Tells, for any upload travelling through the platform, which services it passed, whether it succeeded, and if not which
/// one failed and why.
///
/// Try it:            payload-tracker dev
/// In production:     payload-tracker migrate, then one or more each of ingest, project and serve
///
/// What a service is told is also an environment variable. What neither says is taken from the Clowder file that `ACG_CONFIG`
/// names, if there is one.
#[derive(Debug, Parser)]
#[command(name = "payload-tracker", version, verbatim_doc_comment)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) logs: LogArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Append what is on the Kafka topic to the event log, exactly once
    Ingest(Box<IngestArgs>),
    /// Fold the event log into the read models
    Project(ProjectCommandArgs),
    /// Make a new generation of read models from the event log, beside the one that readers see
    Rebuild(Box<RebuildArgs>),
    /// List the generations of read models
    Generations(GenerationsArgs),
    /// Show another generation to readers
    Activate(ActivateArgs),
    /// Show readers the generation that they saw before
    Rollback(RollbackArgs),
    /// Drop generations that nobody needs
    Prune(PruneArgs),
    /// Tell why a payload's answer is what it is
    Explain(ExplainArgs),
    /// Tell what a payload's answer was
    AsOf(AsOfArgs),
    /// Serve REST and GraphQL over the read models
    Serve(Box<ServeCommandArgs>),
    /// Bring the database to this build's schema version
    Migrate(MigrateArgs),
    /// Prove that the event log is what was appended, and the read models what it says
    Verify(VerifyArgs),
    /// Take old days out of the event log, into files
    Retain(RetainArgs),
    /// Load such files into a database of their own, for an audit
    Replay(ReplayArgs),
    /// Run everything in one process on embedded defaults: a private PostgreSQL and an in-process Kafka broker
    Dev(Box<DevArgs>),
    /// Send the traffic of a real platform to a broker
    Seed(SeedArgs),
}
