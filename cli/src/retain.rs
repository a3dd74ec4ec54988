//! `retain`: old days out of the log.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use event_store::retain::{self, EventDay, Retired};
use event_store::verify::Progress;
use indicatif::{HumanBytes, HumanCount};
use runtime::database::{DatabaseArgs, Pool};

use crate::{output, progress};

/// Takes whole days out of the event log: those that ended longer ago than `--keep`.
///
/// Each day is verified first; one that isn't what was appended stays, as evidence. With `--archive` it is written to a file, which
/// `payload-tracker replay` loads again. What stays in the database is what the day's chains came to, so that `verify` goes on
/// proving the rest. The read models follow by themselves: a payload of which nothing is kept goes, others are folded anew.
///
///   payload-tracker retain --keep 30d --archive /archive --dry-run
///
/// The user must be a member of `payload_tracker_migrator`.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct RetainArgs {
    /// How many days to keep, as in 30d
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    keep: u32,
    /// Folder to write the days to before they go: one zstd-compressed file of JSON lines each
    #[arg(long, value_name = "FOLDER", required_unless_present_any = ["discard", "dry_run"])]
    archive: Option<PathBuf>,
    /// Write them nowhere: they are gone
    #[arg(long, conflicts_with = "archive")]
    discard: bool,
    /// Only show which days would go
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn parse_days(text: &str) -> Result<u32, String> {
    let days = text.strip_suffix('d').ok_or("a number of days is expected, as in 30d")?;
    match days.parse() {
        Ok(days) if days > 0 => Ok(days),
        _ => Err("a number of days is expected, at least 1d".to_owned()),
    }
}

pub(crate) async fn run(args: RetainArgs) -> anyhow::Result<()> {
    if let Some(folder) = &args.archive {
        ensure!(folder.is_dir(), "{} is not a folder", folder.display());
    }
    let pool = connect(&args.database).await?;
    if args.dry_run {
        return list(&retain::list_due(&pool.get().await?, args.keep).await?);
    }
    retain::drain_default(&pool.get().await?).await?;
    let due = retain::list_due(&pool.get().await?, args.keep).await?;
    let mut kept = 0;
    for day in &due {
        match retire(&pool, day, &args).await {
            Ok(retired) => report(day, &retired),
            // One day that must stay is no reason to keep the others.
            Err(error) => {
                kept += 1;
                tracing::error!(day = %day.day, error = format!("{error:#}"), "the day stays");
            }
        }
    }
    ensure!(kept == 0, "{kept} of {} days stay", due.len());
    if due.is_empty() {
        output::line(format_args!("no day ended more than {} days ago: nothing to do", args.keep));
    }
    Ok(())
}

async fn connect(database: &DatabaseArgs) -> anyhow::Result<Pool> {
    let pool = database.pool(&retain::pool_options())?;
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

async fn retire(pool: &Pool, day: &EventDay, args: &RetainArgs) -> anyhow::Result<Retired> {
    let progress = Progress::default();
    let bar = progress::bar(Some(day.events.unsigned_abs())).with_message(day.day.to_string());
    let retire = retain::retire(pool, day, args.archive.as_deref(), &progress);
    Ok(progress::follow(&bar, &progress, retire).await?)
}

fn list(due: &[EventDay]) -> anyhow::Result<()> {
    for day in due {
        let (events, bytes) = (day.events.unsigned_abs(), day.bytes.unsigned_abs());
        output::line(format_args!("{}: about {} events, {}", day.day, HumanCount(events), HumanBytes(bytes)));
    }
    output::line(format_args!("{} days would go; nothing was changed", due.len()));
    Ok(())
}

fn report(day: &EventDay, retired: &Retired) {
    let place = match &retired.archive {
        Some(archive) => format!(
            "in {} ({}, BLAKE3 {})",
            archive.file.display(),
            HumanBytes(archive.bytes),
            archive.blake3
        ),
        None => "discarded".to_owned(),
    };
    output::line(format_args!("{}: {} events {place}", day.day, HumanCount(retired.events)));
}
