//! Two processes in one group beside one: what the second adds, and whether both have work.

use anyhow::Result;

use crate::catch_up::{CatchUp, Job};
use crate::figure::{Figure, number};
use crate::options::Options;
use crate::say;
use crate::stage::Stage;

const TOPIC: &str = "pair";

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    stage.topic(TOPIC, options.messages).await?;
    let (mut alone, mut together, mut ratios, mut shares) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let one = append(stage, 1, options.messages).await?;
        let two = append(stage, 2, options.messages).await?;
        say(&format!("pair {round}, alone: {} a second; {}", number(one.per_second()), one.cost()));
        say(&format!(
            "pair {round}, together: {} a second; {}; {}",
            number(two.per_second()),
            two.cost(),
            members(&two)
        ));
        ratios.push(two.per_second() / one.per_second());
        alone.push(one.per_second());
        together.push(two.per_second());
        shares.push(least_share(&two));
    }
    stage.delete_topic(TOPIC).await?;
    Ok(vec![
        Figure::of_rounds("one ingest, start and group included", "records/s", alone),
        Figure::of_rounds("two ingests, start and group included", "records/s", together),
        Figure::of_rounds("two ingests / one", "", ratios),
        Figure::of_rounds("partitions of the one that has fewer", "of 20", shares).at_least(10.0),
    ])
}

async fn append(stage: &Stage, process_count: usize, count: usize) -> Result<CatchUp> {
    let database = stage.server.database(&format!("pair_{process_count}")).await?;
    let caught_up =
        Job { command: "ingest", process_count, topic: TOPIC, count }.run(stage, &database).await?;
    database.drop().await?;
    Ok(caught_up)
}

/// Who had what, in words.
fn members(caught_up: &CatchUp) -> String {
    let parts: Vec<String> = caught_up
        .members
        .iter()
        .map(|member| format!("{} partitions and {} records", member.partitions, member.appended))
        .collect();
    parts.join(", ")
}

fn least_share(caught_up: &CatchUp) -> f64 {
    caught_up.members.iter().map(|member| member.partitions).fold(f64::INFINITY, f64::min)
}
