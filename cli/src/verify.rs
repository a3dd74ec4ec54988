//! `verify`: is the log what was appended, and all of it, and are the read models what it says?

mod coverage;
mod head;
mod log;
mod projection;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use event_store::verify::Finding;
use runtime::database::{DatabaseArgs, Pool, PoolOptions, Role};

use crate::output;

/// Proves that the event log is what was appended, and all of it, and that the read models are what it says. Reads only, as
/// `payload_tracker_auditor`.
///
/// Each event is chained to the one before it in its stream, and the chain's head is written down every 1,000 events. Whoever
/// changes an event breaks the chain. Whoever rewrites the whole chain is found out by a head that was kept elsewhere:
///
///   payload-tracker verify head > heads-2026-11-24.jsonl     (keep it where no operator of this database can change it)
///   payload-tracker verify log --against heads-2026-11-24.jsonl
///
/// Exit code: 0 when nothing is wrong, 1 when something is, 2 when it could not be looked at.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct VerifyArgs {
    #[command(subcommand)]
    what: Verify,
}

#[derive(Debug, Subcommand)]
enum Verify {
    /// Recompute every chain from the events, and name what was changed, swapped, added, cut off or is missing
    Log(log::LogArgs),
    /// Prove that every offset of every stream is an event, a recorded gap or retired. Faster: looks at no content
    Coverage(coverage::CoverageArgs),
    /// Fold the log again, and prove that the read models are what it says
    Projection(projection::ProjectionArgs),
    /// Print the head of every stream, one JSON object a line, to be kept elsewhere
    Head(head::HeadArgs),
}

/// What every kind of it is told.
#[derive(Args, Debug)]
struct ReportArgs {
    /// Print one JSON object instead of lines for people
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Gives whether all is well.
pub(crate) async fn run(args: VerifyArgs) -> anyhow::Result<bool> {
    match args.what {
        Verify::Log(args) => log::run(args).await,
        Verify::Coverage(args) => coverage::run(args).await,
        Verify::Projection(args) => projection::run(args).await,
        Verify::Head(args) => head::run(args).await.map(|()| true),
    }
}

/// A pool of an auditor, on a database of this build's version.
async fn auditor_pool(database: &DatabaseArgs, connections: usize) -> anyhow::Result<Pool> {
    let options = PoolOptions {
        application_name: "payload-tracker verify",
        role: Role::Auditor,
        max_size: connections,
        // A segment takes a moment, but there may be a lock in its way.
        statement_timeout: std::time::Duration::from_secs(600),
        is_read_only: true,
    };
    let pool = database.pool(&options)?;
    let client = match pool.get().await {
        Err(error) if runtime::database::is_role_missing(&error) => bail!(schema::VersionError::Missing),
        client => {
            client.with_context(|| format!("can't connect to {}:{}", database.host(), database.port))?
        }
    };
    schema::check_version(&**client).await?;
    drop(client);
    Ok(pool)
}

fn print_findings(findings: &[Finding]) {
    findings.iter().for_each(output::line);
}
