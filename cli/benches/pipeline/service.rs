//! A service: one process of the binary, as it is run in production.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use embedded::free_port;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::database::Database;
use crate::process::{Stat, peak_mib};
use crate::stage::Stage;

/// Where the binary is.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_payload-tracker");

/// A process that runs.
pub(crate) struct Service {
    pub(crate) started_at: Instant,
    command: &'static str,
    child: Child,
    pid: u32,
    metrics_port: u16,
}

impl Service {
    /// Starts one on a topic. All on one database are members of one group.
    pub(crate) fn start(
        command: &'static str,
        stage: &Stage,
        database: &Database,
        topic: &str,
    ) -> Result<Self> {
        let kafka = [
            ("KAFKA_BOOTSTRAP_SERVERS", stage.brokers()),
            ("KAFKA_GROUP_ID", database.name().to_owned()),
            ("TOPIC_PAYLOAD_STATUS", topic.to_owned()),
        ];
        Self::spawn(command, database, kafka)
    }

    /// Starts the API, and says where it will be.
    pub(crate) fn serve(database: &Database) -> Result<(Self, String)> {
        Self::serve_with(database, &[])
    }

    /// Starts the API for clients who ask as fast as they can.
    pub(crate) fn serve_without_limit(database: &Database) -> Result<(Self, String)> {
        Self::serve_with(database, &[("MAX_REQUESTS_PER_MINUTE", u32::MAX)])
    }

    /// Starts the API for so many subscribers, each on a connection of its own.
    pub(crate) fn serve_to(database: &Database, subscribers: u32) -> Result<(Self, String)> {
        let limits = [
            ("MAX_REQUESTS_PER_MINUTE", u32::MAX),
            ("GRAPHQL_MAX_SOCKETS", subscribers),
            ("GRAPHQL_MAX_CLIENT_SOCKETS", subscribers),
            ("MAX_CONNECTIONS", subscribers + 100),
        ];
        Self::serve_with(database, &limits)
    }

    fn serve_with(database: &Database, limits: &[(&'static str, u32)]) -> Result<(Self, String)> {
        let port = free_port()?;
        let limits = limits.iter().map(|(name, limit)| (*name, limit.to_string()));
        let environment = [("PUBLICPORT", port.to_string())].into_iter().chain(limits);
        let service = Self::spawn("serve", database, environment)?;
        Ok((service, format!("http://127.0.0.1:{port}")))
    }

    fn spawn(
        command: &'static str,
        database: &Database,
        environment: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self> {
        let (started_at, metrics_port) = (Instant::now(), free_port()?);
        let child = Command::new(BINARY)
            .arg(command)
            .envs(database.environment())
            .envs(environment)
            .env("METRICSPORT", metrics_port.to_string())
            .env("LISTEN_ADDRESS", "127.0.0.1")
            .env("LOGLEVEL", "warn")
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().context("it was just started")?;
        Ok(Self { started_at, command, child, pid, metrics_port })
    }

    /// Fails when it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "{} ended before its work did", self.command);
        Ok(())
    }

    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        Ok(Stat::read(self.pid).context("it runs")?.cpu_seconds)
    }

    pub(crate) fn peak_mib(&self) -> Result<f64> {
        peak_mib(self.pid)
    }

    /// What its metrics port says of something.
    pub(crate) async fn find_metric(&self, name: &str) -> Result<Option<f64>> {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics_port);
        let text = reqwest::get(url).await?.error_for_status()?.text().await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.map(str::parse).transpose()?)
    }

    /// In order, so that a group doesn't wait for it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_raw(i32::try_from(self.pid)?).context("it runs")?, Signal::TERM)?;
        ensure!(self.child.wait().await?.success(), "{} didn't end in order", self.command);
        Ok(())
    }
}
