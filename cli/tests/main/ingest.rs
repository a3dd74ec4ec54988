//! `ingest` as a process, with its metrics at hand.

use rustix::process::Signal;
use testkit::{TestDatabase, wait_until};

use crate::service::{Service, database_environment};
use crate::topic::Topic;

/// A running `ingest`.
pub(crate) struct Ingest {
    service: Service,
    metrics_port: u16,
}

impl Ingest {
    /// Starts one. With a name of its own it is a static member of the group.
    pub(crate) fn start(topic: &Topic, database: &TestDatabase, name: &str) -> Self {
        Self::start_with(topic, database, &[("KAFKA_GROUP_INSTANCE_ID", name.to_owned())])
    }

    pub(crate) fn start_with(
        topic: &Topic,
        database: &TestDatabase,
        more: &[(&'static str, String)],
    ) -> Self {
        let batch = vec![("INGEST_BATCH_RECORDS", "200".to_owned())];
        Self::start_in(
            [database_environment(database), topic.environment(), batch, more.to_vec()].concat(),
            None,
        )
    }

    /// Starts one inside of another program.
    pub(crate) fn start_wrapped(topic: &Topic, database: &TestDatabase, wrapper: Option<&str>) -> Self {
        let nameless = vec![
            ("KAFKA_GROUP_INSTANCE_ID", String::new()),
            // So that there is always something under way.
            ("INGEST_BATCH_RECORDS", "20".to_owned()),
        ];
        Self::start_in([database_environment(database), topic.environment(), nameless].concat(), wrapper)
    }

    /// Starts one in that environment.
    pub(crate) fn start_in(mut environment: Vec<(&'static str, String)>, wrapper: Option<&str>) -> Self {
        let metrics_port = embedded::free_port().unwrap();
        environment.push(("METRICSPORT", metrics_port.to_string()));
        Self { service: Service::start_wrapped(wrapper, "ingest", &environment), metrics_port }
    }

    /// The sum of a metric's samples, 0 where there is none yet.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics_port);
        let Ok(answer) = reqwest::get(url).await else { return 0.0 };
        let text = answer.text().await.unwrap_or_default();
        let is_of_metric =
            |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        text.lines()
            .filter(is_of_metric)
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// The same, of a metric that must be there.
    pub(crate) async fn known_metric(&self, name: &str) -> f64 {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics_port);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        assert!(text.contains(&format!("# TYPE {name} ")), "there is no {name}");
        self.metric(name).await
    }

    /// Waits until a metric is at least so much.
    pub(crate) async fn wait_for(&self, name: &str, least: f64) {
        wait_until(name, async || (self.metric(name).await >= least).then_some(())).await;
    }

    /// What `/ready` answers.
    pub(crate) async fn readiness(&self) -> String {
        let url = format!("http://127.0.0.1:{}/ready", self.metrics_port);
        match reqwest::get(url).await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    /// Asserts that the broker was polled in time all along, and so the group never lost this member.
    pub(crate) async fn assert_polled(&self) {
        let polls = self.metric("payload_tracker_poll_gap_seconds_count").await;
        let in_time = self.bucket("payload_tracker_poll_gap_seconds_bucket", "5").await;
        assert!(polls > 0.0 && in_time >= polls, "{} polls came too late", polls - in_time);
    }

    async fn bucket(&self, name: &str, limit: &str) -> f64 {
        self.metric_line(&format!("{name}{{le=\"{limit}\"}}")).await
    }

    pub(crate) async fn metric_line(&self, start: &str) -> f64 {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics_port);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(start));
        line.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
    }

    /// The most MiB that it had resident so far.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.service.peak_memory()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.service.signal(signal);
    }

    pub(crate) async fn kill(self) {
        self.service.kill().await;
    }

    /// SIGTERM; gives whether it ended in order.
    pub(crate) async fn stop(self) -> bool {
        self.service.end_with(Signal::TERM).await.success()
    }
}
