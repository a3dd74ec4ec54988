//! A long backlog, caught up with by one process: how fast over its whole length, and in how much memory.

use anyhow::Result;

use crate::catch_up::Job;
use crate::database::Database;
use crate::figure::{Figure, number};
use crate::options::Options;
use crate::say;
use crate::stage::Stage;

const TOPIC: &str = "backlog";

/// Gives also the database that then holds the log.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<(Database, Vec<Figure>)> {
    let count = options.backlog;
    stage.topic(TOPIC, count).await?;
    let database = stage.server.database("backlog").await?;
    let job = Job { command: "ingest", process_count: 1, topic: TOPIC, count };
    let caught_up = job.run(stage, &database).await?;
    stage.delete_topic(TOPIC).await?;
    let per_second = caught_up.per_second();
    say(&format!("backlog: {} a second; {}", number(per_second), caught_up.cost()));
    let figures = vec![
        Figure::of("ingest over the backlog", "records/s", per_second),
        Figure::of("ingest over the backlog, most memory", "MiB", caught_up.members[0].peak_mib)
            .at_most(96.0),
    ];
    Ok((database, figures))
}
