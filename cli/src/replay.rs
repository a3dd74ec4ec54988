//! `replay`: archived days into a database of their own.

use std::path::PathBuf;

use clap::Args;
use event_store::replay;
use event_store::verify::Progress;
use indicatif::HumanCount;
use runtime::database::DatabaseArgs;

use crate::{database, migrate, output, progress};

/// Loads archived days into a database of their own, for an audit: made if it isn't there, and migrated.
///
/// Best on a server of its own, too: who may replay is a member of the roles that own the log, and those are the whole server's.
///
/// Each file is verified while it is read, and loaded whole or not at all. The days of a stream must follow one another; name them all
/// at once, for where a clock went back, days can wait for one another. Then look at them with the tools that there are:
///
///   payload-tracker replay --db-name audit events-2026-10-01.jsonl.zst events-2026-10-02.jsonl.zst
///   payload-tracker verify log --replayed --db-name audit --against heads-2026-10-03.jsonl
///   payload-tracker project --db-name audit
///   payload-tracker serve --db-name audit
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct ReplayArgs {
    /// Files that `retain --archive` wrote, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(args: ReplayArgs) -> anyhow::Result<()> {
    let mut days = Vec::new();
    for file in args.files {
        days.push((replay::day_of(&file)?, file));
    }
    days.sort();
    let files: Vec<PathBuf> = days.into_iter().map(|(_, file)| file).collect();
    database::create(&args.database).await?;
    migrate::migrate(&args.database).await?;
    let pool = args.database.pool(&replay::pool_options())?;
    let (bar, progress) = (progress::bar(None), Progress::default());
    let load = async {
        let events = replay::replay(&pool, &files, &progress).await?;
        bar.suspend(|| output::line(format_args!("{} files, {} events", files.len(), HumanCount(events))));
        Ok(())
    };
    progress::follow(&bar, &progress, load).await
}
