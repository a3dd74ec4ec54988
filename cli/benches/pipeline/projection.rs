//! How fast the log is folded into read models, beside a raw COPY of their rows.

use anyhow::Result;

use crate::catch_up::Job;
use crate::database::Database;
use crate::figure::{Figure, number};
use crate::options::Options;
use crate::stage::Stage;
use crate::{limit, say};

const TOPIC: &str = "projection";

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    let count = options.messages;
    stage.topic(TOPIC, count).await?;
    let database = stage.server.database("projection").await?;
    let job = Job { command: "ingest", process_count: 1, topic: TOPIC, count };
    job.run(stage, &database).await?;
    let caught_up = Job { command: "project", ..job }.run(stage, &database).await?;
    let copied = count as f64 / limit::read_models(&database).await?;
    let per_second = caught_up.per_second();
    say(&format!(
        "projection: {} a second; raw COPY {}; {}",
        number(per_second),
        number(copied),
        caught_up.cost()
    ));
    let per_status = status_bytes(&database).await?;
    database.drop().await?;
    stage.delete_topic(TOPIC).await?;
    Ok(vec![
        Figure::of("projection, start included", "events/s", per_second),
        Figure::of("projection / raw COPY of the read models", "", per_second / copied),
        Figure::of("on disk a status, all tables and indexes included", "bytes", per_status),
    ])
}

async fn status_bytes(database: &Database) -> Result<f64> {
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
