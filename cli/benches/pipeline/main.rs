//! What the pipeline must hold, measured beside its limits: `make bench`, and `docs/benchmarks.md` for what each section does.
//!
//! A real PostgreSQL with its durable defaults and a real Kafka share the machine with the services. What travels to
//! another machine are the ratios, not the numbers.

mod api;
mod backlog;
mod catch_up;
mod counts;
mod database;
mod disk;
mod figure;
mod graphql;
mod ingest;
mod latency;
mod limit;
mod options;
mod pair;
mod plot;
mod process;
mod projection;
mod publisher;
mod seen;
mod server;
mod service;
mod stage;
mod subscribers;
mod tool;
mod traffic;
mod verify;
mod visible;

use anyhow::Result;
use clap::Parser as _;

use self::figure::Figure;
use self::options::{Options, Section};
use self::stage::Stage;

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    say(&format!("{} partitions, {} cores, {options}", stage::PARTITIONS, cores()));
    let stage = Stage::start().await?;
    let measured = measure(&stage, &options).await;
    // Also after a failure, or its files would stay.
    stage.stop().await?;
    figure::print(&measured?);
    Ok(())
}

async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if options.wants(Section::Ingest) {
        figures.extend(ingest::measure(stage, options).await?);
    }
    if options.wants(Section::Latency) {
        figures.extend(latency::measure(stage, options).await?);
    }
    if options.wants(Section::Visible) {
        figures.extend(visible::measure(stage, options).await?);
    }
    if options.wants(Section::Pair) {
        figures.extend(pair::measure(stage, options).await?);
    }
    if options.wants(Section::Backlog) || options.wants(Section::Verify) {
        let (log, caught_up) = backlog::measure(stage, options).await?;
        figures.extend(caught_up);
        if options.wants(Section::Backlog) {
            figures.extend(disk::measure(&log).await?);
        }
        if options.wants(Section::Verify) {
            figures.extend(verify::measure(&log, options).await?);
        }
        log.drop().await?;
    }
    if options.wants(Section::Projection) {
        figures.extend(projection::measure(stage, options).await?);
    }
    if options.wants(Section::Counts) {
        figures.extend(counts::measure(stage, options).await?);
    }
    if options.wants(Section::Api) {
        figures.extend(api::measure(stage, options).await?);
    }
    if options.wants(Section::Graphql) {
        figures.extend(graphql::measure(stage, options).await?);
    }
    if options.wants(Section::Subscribers) {
        figures.extend(subscribers::measure(stage, options).await?);
    }
    Ok(figures)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[expect(clippy::print_stdout, reason = "it is the result")]
fn say(line: &str) {
    println!("{line}");
}
