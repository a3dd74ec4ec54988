//! How fast the log is folded into read models, rebuilt and verified, beside a raw COPY of the same rows; and how that grows.

use std::path::Path;

use anyhow::Result;

use crate::catch_up::Job;
use crate::database::Database;
use crate::figure::{Figure, number};
use crate::options::Options;
use crate::plot::{self, Line};
use crate::stage::Stage;
use crate::tool::Tool;
use crate::{limit, say};

const TOPIC: &str = "projection";

/// What was measured of a log of one size.
struct Measured {
    events: usize,
    /// Events a second, and as a ratio to COPY.
    projected: f64,
    rebuilt: f64,
    verified: f64,
    copied: f64,
    peak_mib: f64,
    rebuild_peak_mib: f64,
    bytes_per_status: f64,
}

/// Once for each size. The last one's figures have limits.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    let mut all = Vec::new();
    for events in options.sizes() {
        all.push(measure_at(stage, events).await?);
    }
    if all.len() > 1 {
        table(&all);
        if let Some(file) = &options.plot {
            plot(file, &all)?;
        }
    }
    Ok(all.last().map(figures).unwrap_or_default())
}

async fn measure_at(stage: &Stage, events: usize) -> Result<Measured> {
    stage.topic(TOPIC, events).await?;
    let database = stage.server.database("projection").await?;
    let job = Job { command: "ingest", process_count: 1, topic: TOPIC, count: events };
    job.run(stage, &database).await?;
    stage.delete_topic(TOPIC).await?;
    database.client.batch_execute("checkpoint").await?;
    let caught_up = Job { command: "project", ..job }.run(stage, &database).await?;
    say(&format!(
        "projection of {events}: {} a second; {}",
        number(caught_up.per_second()),
        caught_up.cost()
    ));
    let bytes_per_status = bytes_per_status(&database).await?;
    let verified = Tool::run(&database, "verify projection --json").await?;
    let rebuilt = Tool::run(&database, "rebuild").await?;
    let built_in = built_in(&database).await?;
    database.client.batch_execute("drop schema projection_2 cascade; checkpoint").await?;
    let copied = events as f64 / limit::read_models(&database).await?;
    let measured = Measured {
        events,
        projected: caught_up.per_second(),
        rebuilt: events as f64 / built_in,
        verified: events as f64 / verified.seconds,
        copied,
        peak_mib: caught_up.members[0].peak_mib,
        rebuild_peak_mib: rebuilt.peak_mib,
        bytes_per_status,
    };
    say(&format!(
        "  COPY {} a second, rebuild {} ({:.0} MiB; {:.0} s with the comparison), verify projection {} ({:.0} MiB)",
        number(measured.copied),
        number(measured.rebuilt),
        rebuilt.peak_mib,
        rebuilt.seconds,
        number(measured.verified),
        verified.peak_mib,
    ));
    database.drop().await?;
    Ok(measured)
}

fn figures(measured: &Measured) -> Vec<Figure> {
    let Measured { projected, rebuilt, verified, copied, .. } = *measured;
    vec![
        Figure::of("raw COPY of the read models", "events/s", copied),
        Figure::of("projection, start included", "events/s", projected),
        Figure::of("projection / raw COPY of the read models", "", projected / copied).at_least(0.35),
        Figure::of("projection, most memory", "MiB", measured.peak_mib).at_most(128.0),
        Figure::of("rebuild", "events/s", rebuilt),
        Figure::of("rebuild / raw COPY of the read models", "", rebuilt / copied).at_least(0.5),
        Figure::of("rebuild, most memory", "MiB", measured.rebuild_peak_mib).at_most(128.0),
        Figure::of("verify projection", "events/s", verified).at_least(100_000.0),
        Figure::of("on disk a status, all tables and indexes included", "bytes", measured.bytes_per_status),
    ]
}

fn table(all: &[Measured]) {
    say(
        "| events | COPY/s | projection/s | ratio | rebuild/s | ratio | verify/s | projection MiB | rebuild MiB | bytes a status |",
    );
    say("|---|---|---|---|---|---|---|---|---|---|");
    for one in all {
        say(&format!(
            "| {} | {} | {} | {:.2} | {} | {:.2} | {} | {:.0} | {:.0} | {:.0} |",
            number(one.events as f64),
            number(one.copied),
            number(one.projected),
            one.projected / one.copied,
            number(one.rebuilt),
            one.rebuilt / one.copied,
            number(one.verified),
            one.peak_mib,
            one.rebuild_peak_mib,
            one.bytes_per_status,
        ));
    }
}

fn plot(file: &Path, all: &[Measured]) -> Result<()> {
    let line = |name, value: fn(&Measured) -> f64| Line {
        name,
        points: all.iter().map(|one| (one.events as f64, value(one))).collect(),
    };
    let lines = [
        line("verify projection", |one| one.verified),
        line("rebuild", |one| one.rebuilt),
        line("COPY of the rows", |one| one.copied),
        line("projection", |one| one.projected),
    ];
    plot::write(file, ("events a second", "events in the log"), &lines)
}

/// Seconds from the making of a generation until it had caught up: without the comparison that follows.
async fn built_in(database: &Database) -> Result<f64> {
    let sql =
        "select extract(epoch from built_at - created_at)::float8 as seconds from generations where id = 2";
    Ok(database.client.query_one(sql, &[]).await?.get("seconds"))
}

async fn bytes_per_status(database: &Database) -> Result<f64> {
    let row = database
        .client
        .query_one(
            "select (select sum(pg_total_relation_size(oid)) from pg_class
                where relkind = 'r' and relnamespace = 'projection_1'::regnamespace)::float8
                / (select count(*) from projection_1.statuses) as per_status",
            &[],
        )
        .await?;
    Ok(row.get("per_status"))
}
