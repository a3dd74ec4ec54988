//! Lag: how far a generation is behind the log. It is asked for beside all else, so that it is told also while nothing moves.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use metrics::{Gauge, gauge};
use runtime::database::Pool;
use schema::GenerationId;
use tokio::time::{sleep, timeout};

use crate::{ProjectError, metric};

/// How often it is asked for, and how long the answer may take.
const INTERVAL: Duration = Duration::from_secs(2);

/// What was last known of it.
struct Lag {
    events: i64,
    seconds: f64,
    known_at: Instant,
}

/// Where it is shown. At 0 once nobody looks any more: the generation is gone, or the process ends.
struct Gauges {
    events: Gauge,
    seconds: Gauge,
}

/// Shows the lag of a generation, for ever.
pub(crate) async fn show(pool: &Pool, generation: GenerationId) -> Infallible {
    let gauges = Gauges::of(generation);
    let mut lag = Lag { events: 0, seconds: 0.0, known_at: Instant::now() };
    loop {
        // An outage is told by whoever must work through it.
        if let Ok(Ok(known)) = timeout(INTERVAL, Lag::find(pool, generation)).await {
            lag = known;
        }
        gauges.show(&lag);
        sleep(INTERVAL).await;
    }
}

impl Lag {
    async fn find(pool: &Pool, generation: GenerationId) -> Result<Self, ProjectError> {
        let client = pool.get().await?;
        let statement = client
            .prepare_cached(
                "-- lag::find
                select coalesce(sum(lag_events), 0)::bigint as events, coalesce(max(lag_seconds), 0) as seconds
                from freshness where generation_id = $1",
            )
            .await?;
        let row = client.query_one(&statement, &[&generation]).await?;
        Ok(Self { events: row.get("events"), seconds: row.get("seconds"), known_at: Instant::now() })
    }

    /// How old the oldest event may be that isn't folded. While the database is away, nobody knows of a younger one.
    fn seconds(&self) -> f64 {
        let unknown = self.known_at.elapsed();
        self.seconds + if unknown < INTERVAL { 0.0 } else { unknown.as_secs_f64() }
    }
}

impl Gauges {
    fn of(generation: GenerationId) -> Self {
        let id = generation.to_string();
        Self {
            events: gauge!(metric::LAG, "generation" => id.clone()),
            seconds: gauge!(metric::LAG_SECONDS, "generation" => id),
        }
    }

    fn show(&self, lag: &Lag) {
        self.events.set(lag.events as f64);
        self.seconds.set(lag.seconds());
    }
}

impl Drop for Gauges {
    fn drop(&mut self) {
        self.events.set(0.0);
        self.seconds.set(0.0);
    }
}
