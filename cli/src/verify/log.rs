//! `verify log`: the chains, recomputed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use event_store::verify::{ExportedHead, Known, LogCheck, Progress, verify_log};
use runtime::database::Pool;

use super::{ReportArgs, auditor_pool, print_findings};
use crate::{output, progress};

/// Recomputes the chain of every stream from its events, and names the first event between any two recorded heads that was
/// changed, swapped, added or is missing, streams that were cut off, and heads that were rewritten.
#[derive(Args, Debug)]
pub(super) struct LogArgs {
    /// Heads that `verify head` printed earlier and that were kept elsewhere
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// This is a database that archives were replayed into: its streams may begin and end in the middle of their chains
    #[arg(long)]
    replayed: bool,
    /// How many workers read and hash at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) async fn run(args: LogArgs) -> anyhow::Result<bool> {
    let heads = args.against.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    let known = Known { heads, is_replay: args.replayed };
    let workers = match args.workers {
        Some(workers) => usize::from(workers),
        None => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
    };
    let pool = auditor_pool(&args.report.database, workers + 1).await?;
    let started_at = Instant::now();
    let (bar, progress) = (progress::bar(Some(count_events(&pool).await?)), Progress::default());
    let verify = verify_log(&pool, workers, &known, &progress);
    let check = progress::follow(&bar, &progress, verify).await?;
    if args.report.json {
        output::json(&check)?;
    } else {
        print_findings(&check.findings);
        print_summary(&check, started_at.elapsed());
    }
    Ok(check.findings.is_empty())
}

fn read_heads(file: &Path) -> anyhow::Result<Vec<ExportedHead>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let heads: Vec<ExportedHead> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} doesn't hold what `verify head` prints", file.display()))?;
    anyhow::ensure!(!heads.is_empty(), "{} holds no heads", file.display());
    Ok(heads)
}

async fn count_events(pool: &Pool) -> anyhow::Result<u64> {
    let sql = "-- verify::count_events
        select (coalesce((select sum(event_count) from streams), 0)
            - coalesce((select sum(event_count) from retired_ranges), 0))::bigint as count";
    let count: i64 = pool.get().await?.query_one(sql, &[]).await?.get("count");
    Ok(count.unsigned_abs())
}

fn print_summary(check: &LogCheck, elapsed: Duration) {
    let LogCheck {
        streams,
        events,
        retired,
        unchained,
        starting_late,
        exported_in_retired,
        exported_elsewhere,
        findings,
    } = check;
    output::line(format_args!(
        "{streams} streams, {events} events ({retired} of them retired) in {:.1} s: {} findings",
        elapsed.as_secs_f64(),
        findings.len()
    ));
    let notes = [
        (*unchained, "offsets are from before there was a chain; nothing here proves their events"),
        (*starting_late as u64, "streams start in the middle of a chain, as where archives were replayed"),
        (
            *exported_in_retired as u64,
            "of the given heads lie within a retired day; replay its archive to check them",
        ),
        (*exported_elsewhere as u64, "of the given heads are of before or after what was replayed"),
    ];
    for (count, note) in notes.iter().filter(|(count, _)| *count > 0) {
        output::line(format_args!("note: {count} {note}"));
    }
}
