//! How long a message takes from its publication until it is committed in `events`, at a steady pace.
//!
//! Seen from outside: a client asks PostgreSQL every millisecond where the streams stand. A stream's position moves in the
//! transaction that appends its events, so the first answer beyond a message's offset proves that the message is committed. What
//! is measured is therefore the time until a reader can know: too long by the time between two answers, never too short.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::timeout;

use crate::database::Database;
use crate::figure::Figure;
use crate::options::Options;
use crate::publisher::Sent;
use crate::seen::{APPENDED, Seen};
use crate::service::Service;
use crate::stage::Stage;
use crate::{say, traffic};

const TOPIC: &str = "latency";
/// The mean of the busiest hours.
pub(crate) const PER_SECOND: u32 = 400;
/// Messages before, so that neither the start nor the group is measured.
pub(crate) const WARM_UP: u32 = 2 * PER_SECOND;
/// For the last message to be committed in.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    stage.topic(TOPIC, 0).await?;
    let database = stage.server.database(TOPIC).await?;
    let mut service = Service::start("ingest", stage, &database, TOPIC)?;
    say(&format!("latency: {PER_SECOND} messages a second for {} s", options.seconds));
    let count = PER_SECOND * options.seconds;
    run(stage, &database, WARM_UP, WARM_UP).await?;
    let (sent, seen) = run(stage, &database, count, WARM_UP + count).await?;
    service.check()?;
    service.stop().await?;
    ensure_stored(&database, WARM_UP + count).await?;
    database.drop().await?;
    stage.delete_topic(TOPIC).await?;
    let latencies: Option<Vec<f64>> = sent.iter().map(|sent| seen.seconds_since(sent)).collect();
    let latencies = sorted(latencies.context("every message was seen")?);
    let steps = sorted(seen.steps);
    let figure = |name: &str, seconds: f64| Figure::of(name, "ms", 1_000.0 * seconds);
    Ok(vec![
        figure("published until seen committed, 400/s: p50", quantile(&latencies, 0.5)),
        figure("published until seen committed, 400/s: p99", quantile(&latencies, 0.99)),
        figure("published until seen committed, 400/s: most", quantile(&latencies, 1.0)),
        figure("  of it by looking, at most: p50", quantile(&steps, 0.5)),
        figure("  of it by looking, at most: p99", quantile(&steps, 0.99)),
    ])
}

/// Publishes, and watches until there are `total` records.
async fn run(stage: &Stage, database: &Database, count: u32, total: u32) -> Result<(Vec<Sent>, Seen)> {
    let publish = traffic::pace(stage.brokers(), TOPIC.to_owned(), count as usize, PER_SECOND);
    let deadline = Duration::from_secs((count / PER_SECOND).into()) + PATIENCE;
    let watch = timeout(deadline, Seen::until(&database.client, APPENDED, total.into()));
    let (sent, seen) = tokio::join!(publish, watch);
    Ok((sent?, seen.context("not everything was appended in time")??))
}

/// The streams' word is good only if the events are there.
async fn ensure_stored(database: &Database, expected: u32) -> Result<()> {
    let row = database.client.query_one("select count(*) as count from events", &[]).await?;
    let count: i64 = row.get("count");
    ensure!(count == i64::from(expected), "{count} events instead of {expected}");
    Ok(())
}

pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The value that this share of the sorted values doesn't exceed.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}
