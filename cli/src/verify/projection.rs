//! `verify projection`: the read models, folded again.

use std::time::Instant;

use clap::Args;
use projector::progress::Progress;
use projector::{active_generation, verify_pool_options, verify_projection};
use schema::GenerationId;

use super::ReportArgs;
use crate::{output, progress};

/// Folds the whole log again, as one moment has it, and compares every row of the read models, and every count. Nothing is written;
/// projection goes on meanwhile.
#[derive(Args, Debug)]
pub(super) struct ProjectionArgs {
    /// Which generation [default: the one that readers see]
    #[arg(long, value_name = "ID")]
    generation: Option<i32>,
    /// How many workers read and fold at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) async fn run(args: ProjectionArgs) -> anyhow::Result<bool> {
    let workers = match args.workers {
        Some(workers) => usize::from(workers),
        None => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
    };
    let pool = args.report.database.pool(&verify_pool_options(workers))?;
    schema::check_version(&**pool.get().await?).await?;
    let generation = active_generation(&pool, args.generation.map(GenerationId)).await?;
    let (started_at, state) = (Instant::now(), Progress::default());
    let verify = verify_projection(&pool, generation, workers, &state);
    let check = progress::follow_stages(&state, verify).await?;
    if args.report.json {
        output::json(&check)?;
    } else {
        check.mismatches.iter().for_each(output::line);
        for (table, digest) in &check.digests {
            output::line(format_args!("{digest}  {table}"));
        }
        output::line(format_args!(
            "generation {}: {} events, {} statuses of {} requests in {:.1} s: {} mismatches",
            check.generation,
            check.events,
            check.statuses,
            check.requests,
            started_at.elapsed().as_secs_f64(),
            check.mismatches.len()
        ));
    }
    Ok(check.mismatches.is_empty())
}
