//! How fast one process appends, beside a raw COPY of the same messages: in turns, for the machine is never quiet.

use anyhow::Result;
use workload::Message;

use crate::catch_up::{CatchUp, Job};
use crate::figure::{Figure, number};
use crate::options::Options;
use crate::stage::Stage;
use crate::{limit, say, traffic};

const TOPIC: &str = "ingest";

/// As each round found it.
#[derive(Default)]
struct Rounds {
    copied: Vec<f64>,
    appended: Vec<f64>,
    whole_ratio: Vec<f64>,
    ratio_under_way: Vec<f64>,
}

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    stage.topic(TOPIC, options.messages).await?;
    let messages: Vec<Message> = traffic::messages(options.messages).collect();
    let mut rounds = Rounds::default();
    for round in 1..=options.rounds {
        let copied = copy(stage, &messages).await?;
        let caught_up = append(stage, options.messages).await?;
        let (whole, under_way) = (caught_up.per_second(), caught_up.per_second_under_way());
        say(&format!(
            "ingest {round}: {} a second, {} from the first append on; raw COPY {}; {}",
            number(whole),
            number(under_way),
            number(copied),
            caught_up.cost()
        ));
        rounds.copied.push(copied);
        rounds.appended.push(under_way);
        rounds.whole_ratio.push(whole / copied);
        rounds.ratio_under_way.push(under_way / copied);
    }
    stage.delete_topic(TOPIC).await?;
    Ok(vec![
        Figure::of_rounds("raw COPY", "rows/s", rounds.copied),
        Figure::of_rounds("ingest, from the first append on", "records/s", rounds.appended),
        Figure::of_rounds("ingest / raw COPY, start and group included", "", rounds.whole_ratio)
            .at_least(0.5),
        Figure::of_rounds("ingest / raw COPY, from the first append on", "", rounds.ratio_under_way)
            .at_least(0.5),
    ])
}

/// Rows a second.
async fn copy(stage: &Stage, messages: &[Message]) -> Result<f64> {
    let database = stage.server.database("raw_copy").await?;
    let seconds = limit::events(&database, messages).await?;
    database.drop().await?;
    Ok(messages.len() as f64 / seconds)
}

async fn append(stage: &Stage, count: usize) -> Result<CatchUp> {
    let database = stage.server.database("ingest").await?;
    let job = Job { command: "ingest", process_count: 1, topic: TOPIC, count };
    let caught_up = job.run(stage, &database).await?;
    database.drop().await?;
    Ok(caught_up)
}
