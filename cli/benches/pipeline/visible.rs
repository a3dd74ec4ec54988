//! How long a message takes from its commit in the log until readers see what it says, at a steady pace.
//!
//! Two clients ask PostgreSQL every millisecond: one where the streams stand, one how far all shards have folded them. The time
//! between the first answers of either that are beyond a message's offset is what the projection takes: to hear of it, read, fold
//! and commit it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::timeout;

use crate::database::Database;
use crate::figure::Figure;
use crate::latency::{PATIENCE, PER_SECOND, WARM_UP, quantile, sorted};
use crate::options::Options;
use crate::publisher::Sent;
use crate::seen::{APPENDED, Seen, VISIBLE};
use crate::service::Service;
use crate::stage::Stage;
use crate::{say, traffic};

const TOPIC: &str = "visible";

/// What was sent, and when it was seen where.
struct Watched {
    sent: Vec<Sent>,
    appended: Seen,
    visible: Seen,
}

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    stage.topic(TOPIC, 0).await?;
    let database = stage.server.database(TOPIC).await?;
    let ingest = Service::start("ingest", stage, &database, TOPIC)?;
    let project = Service::start("project", stage, &database, TOPIC)?;
    say(&format!("visible: {PER_SECOND} messages a second for {} s", options.seconds));
    let count = PER_SECOND * options.seconds;
    watch(stage, &database, WARM_UP, WARM_UP).await?;
    let watched = watch(stage, &database, count, WARM_UP + count).await?;
    let peak_mib = project.peak_mib()?;
    project.stop().await?;
    ingest.stop().await?;
    database.drop().await?;
    stage.delete_topic(TOPIC).await?;
    let Watched { sent, appended, visible } = watched;
    let folding = |sent: &Sent| {
        Some(visible.first(sent)?.saturating_duration_since(appended.first(sent)?).as_secs_f64())
    };
    let folding: Option<Vec<f64>> = sent.iter().map(folding).collect();
    let whole: Option<Vec<f64>> = sent.iter().map(|sent| visible.seconds_since(sent)).collect();
    let folding = sorted(folding.context("every message was seen")?);
    let whole = sorted(whole.context("every message was seen")?);
    let figure = |name: &str, seconds: f64| Figure::of(name, "ms", 1_000.0 * seconds);
    Ok(vec![
        figure("appended until visible, 400/s: p50", quantile(&folding, 0.5)),
        figure("appended until visible, 400/s: p99", quantile(&folding, 0.99)).at_most(1_000.0),
        figure("appended until visible, 400/s: most", quantile(&folding, 1.0)),
        figure("published until visible, 400/s: p50", quantile(&whole, 0.5)),
        figure("published until visible, 400/s: p99", quantile(&whole, 0.99)),
        Figure::of("projection at 400/s, most memory", "MiB", peak_mib).at_most(128.0),
    ])
}

/// Publishes, and watches until `total` records are visible.
async fn watch(stage: &Stage, database: &Database, count: u32, total: u32) -> Result<Watched> {
    let publish = traffic::pace(stage.brokers(), TOPIC.to_owned(), count as usize, PER_SECOND);
    let deadline = Duration::from_secs((count / PER_SECOND).into()) + PATIENCE;
    let other = database.connect().await?;
    let appended = timeout(deadline, Seen::until(&database.client, APPENDED, total.into()));
    let visible = timeout(deadline, Seen::until(&other, VISIBLE, total.into()));
    let (sent, appended, visible) = tokio::join!(publish, appended, visible);
    Ok(Watched {
        sent: sent?,
        appended: appended.context("not everything was appended in time")??,
        visible: visible.context("not everything became visible in time")??,
    })
}
