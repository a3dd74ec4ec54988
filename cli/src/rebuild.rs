//! `rebuild`: a new generation of read models, from the log.

use anyhow::bail;
use clap::Args;
use projector::progress::Progress;
use projector::{
    Comparison, Consent, Rebuild, ShapeArgs, Switch, activate, compare, list_generations,
    rebuild_pool_options,
};
use runtime::database::DatabaseArgs;
use schema::GenerationId;

use crate::{output, progress};

/// Makes a new generation of read models from the event log, beside the one that readers see, and compares the two.
///
/// It may be killed at any time: run again, it goes on where it was, and one that is complete but that readers never saw is only
/// caught up and compared again. Ingestion, projection and reading go on meanwhile. Once it has caught up, `payload-tracker project`
/// keeps it up with the log like the others.
///
///   payload-tracker rebuild                    make it and show what it tells differently
///   payload-tracker rebuild --activate         and show it to readers, if it tells the same
///   payload-tracker rebuild --fresh            make another one from the start
///   payload-tracker rollback                   show readers the one before again: nothing is lost
///   payload-tracker prune --dry-run            what could be dropped
///
/// Exit code: 0 when it tells the same or was accepted, 1 when it differs, 2 when something failed.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct RebuildArgs {
    /// Show the new generation to readers, if it doesn't differ from the one they see
    #[arg(long)]
    activate: bool,
    /// With --activate: show it even if it differs
    #[arg(long, requires = "activate")]
    accept_differences: bool,
    /// Begin another one, whatever was made before. What is half made or unseen stays until it is pruned
    #[arg(long)]
    fresh: bool,
    /// Print the comparison as one JSON object instead of lines for people
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    shape: ShapeArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Gives whether the new generation tells what the active one does, or was accepted.
pub(crate) async fn run(args: RebuildArgs) -> anyhow::Result<bool> {
    let pool = args.database.pool(&rebuild_pool_options())?;
    schema::check_version(&**pool.get().await?).await?;
    let state = Progress::default();
    let rebuild = Rebuild { pool: &pool, shape: args.shape.into(), is_fresh: args.fresh, progress: &state };
    let generation = progress::follow_stages(&state, rebuild.run()).await?;
    let active = list_generations(&pool).await?.into_iter().find(|one| one.is_active);
    let comparison = match &active {
        None => None,
        Some(active) if active.id == generation.id.0 => bail!(
            "generation {} was shown to readers meanwhile: there is nothing left to compare it with",
            active.id
        ),
        Some(active) => {
            progress::follow_stages(&state, rebuild.catch_up(generation)).await?;
            let comparing = compare(&pool, GenerationId(active.id), generation, &state);
            Some(progress::follow_stages(&state, comparing).await?)
        }
    };
    let is_same = comparison.as_ref().is_none_or(Comparison::is_empty);
    if args.json {
        output::json(&comparison)?;
    } else {
        report(generation.id, comparison.as_ref());
    }
    if args.activate && (is_same || args.accept_differences) {
        let consent = if args.accept_differences { Consent::ToDifferences } else { Consent::ToTheSame };
        // What came meanwhile is folded first: nobody is to see time go back.
        while activate(&pool, generation.id, consent).await? != Switch::Done {
            rebuild.catch_up(generation).await?;
        }
        if !args.json {
            output::line(format_args!(
                "readers see generation {} now; `payload-tracker rollback` goes back",
                generation.id
            ));
        }
        return Ok(true);
    }
    if args.activate && !args.json {
        output::line(format_args!(
            "not activated: it differs. `payload-tracker activate {} --accept-differences` shows it all the same",
            generation.id
        ));
    }
    Ok(is_same)
}

fn report(id: GenerationId, comparison: Option<&Comparison>) {
    let Some(comparison) = comparison else {
        output::line(format_args!("generation {id} is built; there was none to compare it with"));
        return;
    };
    let verdict = if comparison.is_empty() { "tells the same as" } else { "differs from" };
    output::line(format_args!("generation {id} {verdict} generation {}", comparison.old));
    for table in &comparison.tables {
        if table.is_same() {
            continue;
        }
        if !table.is_compared {
            let why = "can't be compared: only one of the two has it, or its key";
            output::line(format_args!("  {} {why}", table.table));
            continue;
        }
        output::line(format_args!("  {}: {} gone, {} added", table.table, table.gone, table.added));
        for column in &table.uncompared {
            let why = "can't be compared: only one of the two has it, or with another type";
            output::line(format_args!("    {column} {why}"));
        }
        for (column, count) in &table.changed {
            output::line(format_args!("    {column} differs {count} times"));
        }
        for example in &table.examples {
            output::line(format_args!("    for example {}: {}", example.key, example.what));
        }
    }
    if comparison.in_motion > 0 {
        let note = "requests were in motion, and weren't compared";
        output::line(format_args!("  note: {} {note}", comparison.in_motion));
    }
}
