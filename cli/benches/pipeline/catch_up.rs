//! Catching up: processes of a service that run until a topic's messages are behind them.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::database::Database;
use crate::say;
use crate::service::Service;
use crate::stage::Stage;

const LOOK_INTERVAL: Duration = Duration::from_millis(5);
const TELL_INTERVAL: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) command: &'static str,
    pub(crate) process_count: usize,
    pub(crate) topic: &'a str,
    /// How many messages the topic has.
    pub(crate) count: usize,
}

/// What that took.
pub(crate) struct CatchUp {
    pub(crate) count: usize,
    /// From the start of the first process on.
    pub(crate) seconds: f64,
    /// From the first look that found something done, and how much was done after it.
    seconds_under_way: f64,
    count_under_way: f64,
    cpu_seconds: f64,
    postgres_cpu_seconds: f64,
    pub(crate) members: Vec<Member>,
}

/// One of the processes, at the end.
pub(crate) struct Member {
    pub(crate) peak_mib: f64,
    /// What `ingest` says that the group assigned to it; none if it came too late.
    pub(crate) partitions: f64,
    /// What `ingest` says that it appended.
    pub(crate) appended: f64,
}

impl Job<'_> {
    /// Runs the processes until everything is done.
    pub(crate) async fn run(self, stage: &Stage, database: &Database) -> Result<CatchUp> {
        let postgres_before = stage.server.cpu_seconds()?;
        let start = |_| Service::start(self.command, stage, database, self.topic);
        let mut services: Vec<Service> = (0..self.process_count).map(start).collect::<Result<_>>()?;
        let mut first = None;
        let mut told_at = Instant::now();
        let (ended_at, end) = loop {
            let done = self.done(database).await?;
            let now = Instant::now();
            if done > 0 {
                first.get_or_insert((now, done));
            }
            if done >= i64::try_from(self.count)? {
                break (now, done);
            }
            if told_at.elapsed() >= TELL_INTERVAL {
                say(&format!("  {done} of {}", self.count));
                told_at = now;
            }
            services.iter_mut().try_for_each(Service::check)?;
            tokio::time::sleep(LOOK_INTERVAL).await;
        };
        let (first_at, first) = first.unwrap_or((services[0].started_at, 0));
        let caught_up = CatchUp {
            count: self.count,
            seconds: (ended_at - services[0].started_at).as_secs_f64(),
            seconds_under_way: (ended_at - first_at).as_secs_f64(),
            count_under_way: (end - first) as f64,
            cpu_seconds: services.iter().map(Service::cpu_seconds).sum::<Result<f64>>()?,
            postgres_cpu_seconds: stage.server.cpu_seconds()? - postgres_before,
            members: members(&services).await?,
        };
        for service in services {
            service.stop().await?;
        }
        Ok(caught_up)
    }

    async fn done(&self, database: &Database) -> Result<i64> {
        let sql = match self.command {
            "ingest" => "select coalesce(sum(next_offset), 0)::bigint as done from streams",
            // Not the view: looking this often, it would cost as much as what is measured.
            _ => {
                "select coalesce(sum(next_offset), 0)::bigint as done from (
                    select min(next_offset) as next_offset from cursors
                    join generations on generations.id = generation_id
                    group by generation_id, stream_id, shard_count having count(*) = shard_count
                ) as passed"
            }
        };
        Ok(database.client.query_one(sql, &[]).await?.get("done"))
    }
}

async fn members(services: &[Service]) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for service in services {
        members.push(Member {
            peak_mib: service.peak_mib()?,
            partitions: service.find_metric(event_store::metric::PARTITIONS).await?.unwrap_or(0.0),
            appended: service.find_metric(event_store::metric::CONSUMED).await?.unwrap_or(0.0),
        });
    }
    Ok(members)
}

impl CatchUp {
    /// Starting up and forming the group included.
    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.seconds
    }

    /// From the first append on.
    pub(crate) fn per_second_under_way(&self) -> f64 {
        self.count_under_way / self.seconds_under_way
    }

    /// What it cost, in words.
    pub(crate) fn cost(&self) -> String {
        let million = self.count as f64 / 1e6;
        let peak = self.members.iter().map(|member| member.peak_mib).fold(0.0, f64::max);
        format!(
            "CPU seconds a million: {:.2} of the service, {:.2} of PostgreSQL; {peak:.0} MiB at most",
            self.cpu_seconds / million,
            self.postgres_cpu_seconds / million,
        )
    }
}
