//! `verify log`: the chains, recomputed.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use event_store::verify::{ExportedHead, LogCheck, Progress, verify_log};
use indicatif::{ProgressBar, ProgressStyle};
use runtime::database::Pool;

use super::{ReportArgs, auditor_pool, print_findings, print_json};

/// Recomputes the chain of every stream from its events, and names the first event between any two recorded heads that was
/// changed, swapped, added or is missing, streams that were cut off, and heads that were rewritten.
#[derive(Args, Debug)]
pub(super) struct LogArgs {
    /// Heads that `verify head` printed earlier and that were kept elsewhere
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// How many workers read and hash at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) async fn run(args: LogArgs) -> anyhow::Result<bool> {
    let exported = args.against.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    let workers = match args.workers {
        Some(workers) => usize::from(workers),
        None => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
    };
    let pool = auditor_pool(&args.report.database, workers + 1).await?;
    let started_at = Instant::now();
    let check = verify_with_bar(&pool, workers, &exported).await?;
    if args.report.json {
        print_json(&check)?;
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

async fn verify_with_bar(pool: &Pool, workers: usize, exported: &[ExportedHead]) -> anyhow::Result<LogCheck> {
    let progress = Progress::default();
    let bar = ProgressBar::new(count_events(pool).await?);
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} {human_pos} of {human_len} events, {per_sec}, {eta} left",
    )?);
    let check = tokio::select! {
        check = verify_log(pool, workers, exported, &progress) => check?,
        never = follow(&bar, &progress) => match never {},
    };
    bar.finish_and_clear();
    Ok(check)
}

async fn follow(bar: &ProgressBar, progress: &Progress) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        bar.set_position(progress.load(Ordering::Relaxed));
    }
}

async fn count_events(pool: &Pool) -> anyhow::Result<u64> {
    let sql = "-- verify::count_events
        select (coalesce((select sum(event_count) from streams), 0)
            - coalesce((select sum(event_count) from retired_ranges), 0))::bigint as count";
    let count: i64 = pool.get().await?.query_one(sql, &[]).await?.get("count");
    Ok(count.unsigned_abs())
}

#[expect(clippy::print_stdout, reason = "its result is what a tool prints")]
fn print_summary(check: &LogCheck, elapsed: Duration) {
    let LogCheck { streams, events, retired, unchained, starting_late, exported_in_retired, findings } =
        check;
    println!(
        "{streams} streams, {events} events ({retired} of them retired) in {:.1} s: {} findings",
        elapsed.as_secs_f64(),
        findings.len()
    );
    if *unchained > 0 {
        println!(
            "note: {unchained} offsets are from before there was a chain; nothing here proves their events"
        );
    }
    if *starting_late > 0 {
        println!(
            "note: {starting_late} streams start in the middle of a chain, as where archives were replayed"
        );
    }
    if *exported_in_retired > 0 {
        println!(
            "note: {exported_in_retired} of the given heads lie within a retired day; replay its archive to check them"
        );
    }
}
