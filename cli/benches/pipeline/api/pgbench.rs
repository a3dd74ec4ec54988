//! The same SQL without an API: PostgreSQL's own client for benchmarks.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::load::Load;
use super::recording::Recording;
use crate::database::Database;

const PROGRAM: &str = "pgbench";

/// Where it connects to, and how often.
pub(super) struct Pgbench<'a> {
    database: &'a Database,
    load: Load,
}

impl<'a> Pgbench<'a> {
    /// If there is one on this machine.
    pub(super) async fn find(database: &'a Database, load: Load) -> Option<Self> {
        let version = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status().await;
        version.is_ok_and(|status| status.success()).then_some(Self { database, load: load.brief() })
    }

    /// Transactions a second.
    pub(super) async fn run(&self, recording: &Recording) -> Result<f64> {
        let (script, variables) = recording.script();
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), &script)?;
        let output = self
            .database
            .command(PROGRAM)
            // It prepares all statements before the first has set the path.
            .env("PGOPTIONS", "-c search_path=projection_1,public")
            .args(["-n", "-M", "prepared", "-j", "1", "-c", &self.load.connections.to_string()])
            .args(["-T", &self.load.time.as_secs().max(1).to_string()])
            .args(variables.iter().map(|(name, value)| format!("--define={name}={value}")))
            .arg("-f")
            .arg(file.path())
            .arg(self.database.name())
            .output()
            .await?;
        let (text, faults) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "pgbench: {faults}\n{script}");
        let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).context("it says how many")?;
        Ok(line.split(' ').next().context("a number comes first")?.parse()?)
    }
}
