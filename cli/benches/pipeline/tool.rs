//! A tool: one run of the binary to its end.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::database::Database;
use crate::process::peak_mib;
use crate::service::BINARY;

const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// What a run took.
pub(crate) struct Tool {
    pub(crate) seconds: f64,
    pub(crate) peak_mib: f64,
}

impl Tool {
    /// Runs it. It must find nothing wrong.
    pub(crate) async fn run(database: &Database, words: &str) -> Result<Self> {
        let started_at = Instant::now();
        let mut child = Command::new(BINARY)
            .args(words.split(' '))
            .envs(database.environment())
            .env("LOGLEVEL", "warn")
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().context("it was just started")?;
        let mut most = 0.0_f64;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            // It may have ended between the two looks.
            most = peak_mib(pid).unwrap_or_default().max(most);
            tokio::time::sleep(LOOK_INTERVAL).await;
        };
        ensure!(status.success(), "{words} found fault: {status}");
        Ok(Self { seconds: started_at.elapsed().as_secs_f64(), peak_mib: most })
    }
}
