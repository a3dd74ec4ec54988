//! `generations`, `activate`, `rollback`, `prune`: which read models there are, and which readers see.

use std::time::Duration;

use anyhow::bail;
use clap::Args;
use indicatif::{HumanBytes, HumanCount};
use projector::{
    Consent, GenerationSummary, ProjectError, Switch, activate_within, list_generations, previous_generation,
    prune, rebuild_pool_options,
};
use runtime::database::{DatabaseArgs, Pool};
use schema::GenerationId;

use crate::output;

/// How long a generation may take to be no longer behind the one that readers see.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lists the generations of read models: which one readers see, how far each is, and what it takes on disk.
#[derive(Args, Debug)]
pub(crate) struct GenerationsArgs {
    /// Print one JSON object a line instead of lines for people
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Shows another generation to readers. One row is written, so no reader ever sees two, or none.
///
/// The one that they saw goes on following the log, and `payload-tracker rollback` goes back to it at once. `payload-tracker rebuild`
/// compares the two first; one that it didn't find to tell the same is refused.
#[derive(Args, Debug)]
pub(crate) struct ActivateArgs {
    /// Its number, as `payload-tracker generations` tells it
    id: i32,
    /// Show it even if it differs from the one that they see, or was never compared with it
    #[arg(long)]
    accept_differences: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Shows readers the generation that they saw before. If it is of this build's version, it was kept up with the log, so nothing is
/// missing; of another version, it is activated by that version's build.
#[derive(Args, Debug)]
pub(crate) struct RollbackArgs {
    /// Go back even if it still holds what retention took
    #[arg(long)]
    accept_differences: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Drops generations that nobody needs: those that are complete, that readers don't see, and that aren't the one to go back to. One
/// that was made since, and was never shown, is kept for `payload-tracker activate`.
///
/// Nothing of the event log goes with them: a rebuild makes them again.
#[derive(Args, Debug)]
pub(crate) struct PruneArgs {
    /// Drop these instead: also the one to go back to, one that was never shown, or one that is half built
    ids: Vec<i32>,
    /// Only show which would go
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn list(args: GenerationsArgs) -> anyhow::Result<()> {
    let generations = list_generations(&connect(&args.database).await?).await?;
    for generation in &generations {
        if args.json {
            output::json(generation)?;
        } else {
            output::line(describe(generation));
        }
    }
    if generations.is_empty() && !args.json {
        output::line("none: `payload-tracker project` or `payload-tracker rebuild` makes the first");
    }
    Ok(())
}

pub(crate) async fn show(args: ActivateArgs) -> anyhow::Result<()> {
    let pool = connect(&args.database).await?;
    switch(&pool, GenerationId(args.id), consent(args.accept_differences)).await?;
    output::line(format_args!(
        "readers see generation {} now; `payload-tracker rollback` goes back",
        args.id
    ));
    Ok(())
}

pub(crate) async fn go_back(args: RollbackArgs) -> anyhow::Result<()> {
    let pool = connect(&args.database).await?;
    let id = previous_generation(&pool).await?;
    switch(&pool, id, consent(args.accept_differences)).await?;
    output::line(format_args!("readers see generation {id} again"));
    Ok(())
}

fn consent(accept_differences: bool) -> Consent {
    if accept_differences { Consent::ToDifferences } else { Consent::ToTheSame }
}

async fn switch(pool: &Pool, id: GenerationId, consent: Consent) -> anyhow::Result<()> {
    match activate_within(pool, id, consent, PATIENCE).await? {
        Switch::Done => Ok(()),
        Switch::Behind(events) => bail!(
            "generation {id} is {events} events behind the one that readers see, and would show them the past: let `payload-tracker project` catch up with the log first"
        ),
        Switch::BehindHorizon => {
            bail!("{}; `--accept-differences` shows it all the same", ProjectError::BehindHorizon(id))
        }
    }
}

pub(crate) async fn drop(args: PruneArgs) -> anyhow::Result<()> {
    let named: Vec<GenerationId> = args.ids.into_iter().map(GenerationId).collect();
    let pool = connect(&args.database).await?;
    let due = prune(&pool, &named, args.dry_run).await?;
    let verb = if args.dry_run { "would drop" } else { "dropped" };
    for generation in &due {
        output::line(format_args!("{verb} generation {}", describe(generation)));
    }
    if due.is_empty() {
        output::line("there is nothing to drop");
    }
    let is_kept = |one: &GenerationSummary| one.is_unseen && named.is_empty();
    for kept in list_generations(&pool).await?.into_iter().filter(is_kept) {
        let id = kept.id;
        output::line(format_args!(
            "kept generation {id}, which was never shown: `payload-tracker activate {id}` shows it, `payload-tracker prune {id}` drops it"
        ));
    }
    Ok(())
}

async fn connect(database: &DatabaseArgs) -> anyhow::Result<Pool> {
    let pool = database.pool(&rebuild_pool_options())?;
    schema::check_version(&**pool.get().await?).await?;
    Ok(pool)
}

fn describe(generation: &GenerationSummary) -> String {
    let role = match generation {
        GenerationSummary { is_active: true, .. } => "active",
        GenerationSummary { is_previous: true, .. } => "previous",
        GenerationSummary { is_unseen: true, .. } => "unseen",
        _ => "",
    };
    format!(
        "{:3}  {role:8}  {:9}  version {}  {} writers  {} behind ({:.1} s)  {}  made {}{}",
        generation.id,
        generation.state,
        generation.projection_version,
        generation.shard_count,
        HumanCount(generation.lag_events.unsigned_abs()),
        generation.lag_seconds,
        HumanBytes(generation.bytes.unsigned_abs()),
        generation.created_at.format("%Y-%m-%d %H:%M:%S"),
        describe_comparison(generation),
    )
}

fn describe_comparison(generation: &GenerationSummary) -> String {
    let accepted = if generation.accepted_at.is_some() { ", accepted" } else { "" };
    match (generation.compared_with, generation.compared_at, generation.is_same) {
        (Some(with), Some(at), Some(is_same)) => {
            let verdict = if is_same { "same as" } else { "differs from" };
            format!("  {verdict} {with} at {}{accepted}", at.format("%Y-%m-%d %H:%M:%S"))
        }
        _ => format!("  not compared{accepted}"),
    }
}
