//! How long it takes from a message's commit in the log until it is on the sockets of those who listen, at a steady pace.
//!
//! Each subscriber listens to the statuses of one service, so each message goes to some fifty of them. All of them share a thread of
//! the benchmark, and note when an item came. When a message was committed is seen as in `visible`.

mod listener;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::time::timeout;

use self::listener::{Heard, Listeners};
use crate::counts::wait_for;
use crate::database::Database;
use crate::figure::Figure;
use crate::latency::{PATIENCE, PER_SECOND, WARM_UP, quantile, sorted};
use crate::options::Options;
use crate::publisher::Sent;
use crate::seen::{APPENDED, Seen, VISIBLE};
use crate::service::Service;
use crate::stage::Stage;
use crate::{say, traffic};

const TOPIC: &str = "subscribers";
const LISTENERS: u32 = 1_000;

pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Figure>> {
    stage.topic(TOPIC, 0).await?;
    let database = stage.server.database(TOPIC).await?;
    let ingest = Service::start("ingest", stage, &database, TOPIC)?;
    let project = Service::start("project", stage, &database, TOPIC)?;
    let (mut serve, url) = Service::serve_to(&database, LISTENERS)?;
    wait_for(&mut serve, &url).await?;
    // Neither the start nor the group is measured.
    publish(stage, &database, WARM_UP, WARM_UP).await?;
    let other = database.connect().await?;
    timeout(PATIENCE, Seen::until(&other, VISIBLE, WARM_UP.into())).await.context("not all was folded")??;
    let before = database.client.query_one("select max(id) as id from events", &[]).await?.get("id");
    let listeners = Listeners::start(&url, LISTENERS as usize, services(&database).await?).await?;
    say(&format!("subscribers: {LISTENERS}, {PER_SECOND} messages a second for {} s", options.seconds));
    let count = PER_SECOND * options.seconds;
    let (sent, appended) = publish(stage, &database, count, WARM_UP + count).await?;
    let places = places(&database).await?;
    let expected = expected(&database, &listeners, (before, WARM_UP + count)).await?;
    let heard = listeners.finish(expected, PATIENCE).await?;
    let peak_mib = serve.peak_mib()?;
    for service in [serve, project, ingest] {
        service.stop().await?;
    }
    database.drop().await?;
    stage.delete_topic(TOPIC).await?;
    let committed: HashMap<(i32, i64), Instant> = sent
        .iter()
        .map(|sent| Some(((sent.partition, sent.offset), appended.first(sent)?)))
        .collect::<Option<_>>()
        .context("every message was seen")?;
    let delay = |heard: &Heard| {
        let committed_at = committed.get(places.get(&heard.number)?)?;
        Some(heard.at.saturating_duration_since(*committed_at).as_secs_f64())
    };
    let delays: Option<Vec<f64>> = heard.iter().map(delay).collect();
    let delays = sorted(delays.context("every status that was heard of is one that was sent")?);
    let figure = |name: &str, share| {
        Figure::of(
            &format!("appended until on a socket, 1,000 subscribers, 400/s: {name}"),
            "ms",
            1_000.0 * quantile(&delays, share),
        )
    };
    Ok(vec![
        figure("p50", 0.5),
        figure("p99", 0.99),
        figure("most", 1.0),
        Figure::of(
            "  items a second, all sockets together",
            "",
            heard.len() as f64 / f64::from(options.seconds),
        ),
        Figure::of("  serve, most memory", "MiB", peak_mib),
    ])
}

/// Publishes, and watches until there are `total` records in the log.
async fn publish(stage: &Stage, database: &Database, count: u32, total: u32) -> Result<(Vec<Sent>, Seen)> {
    let publish = traffic::pace(stage.brokers(), TOPIC.to_owned(), count as usize, PER_SECOND);
    let deadline = Duration::from_secs((count / PER_SECOND).into()) + PATIENCE;
    let watch = timeout(deadline, Seen::until(&database.client, APPENDED, total.into()));
    let (sent, seen) = tokio::join!(publish, watch);
    Ok((sent?, seen.context("not everything was appended in time")??))
}

/// All that said something so far.
async fn services(database: &Database) -> Result<Vec<String>> {
    let sql = "select distinct service from projection_1.status_kinds order by service";
    let rows = database.client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get("service")).collect())
}

/// Where in which partition each event is.
async fn places(database: &Database) -> Result<HashMap<i64, (i32, i64)>> {
    let sql = "select events.id, partition, record_offset from events join streams on streams.id = stream_id";
    let rows = database.client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| (row.get("id"), (row.get("partition"), row.get("record_offset")))).collect())
}

/// How many items all subscribers are to hear of that listened before the first of `total` records beyond an event, once all are folded.
async fn expected(database: &Database, listeners: &Listeners, (before, total): (i64, u32)) -> Result<usize> {
    let other = database.connect().await?;
    timeout(PATIENCE, Seen::until(&other, VISIBLE, total.into()))
        .await
        .context("not all was folded in time")??;
    let sql = "select service, count(*) from projection_1.statuses where id > $1 group by service";
    let rows = database.client.query(sql, &[&before]).await?;
    let of_each = rows.iter().map(|row| {
        let count: i64 = row.get("count");
        Ok(listeners.count_of(row.get("service")) * usize::try_from(count)?)
    });
    of_each.sum()
}
