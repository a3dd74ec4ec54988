//! How fast the log is verified: by the binary's own commands, each timed as a whole process.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::database::Database;
use crate::figure::{Figure, number};
use crate::options::Options;
use crate::say;
use crate::service::BINARY;

pub(crate) async fn measure(log: &Database, options: &Options) -> Result<Vec<Figure>> {
    let (mut by_content, mut by_offset) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let (content, offset) =
            (verify(log, "log", "events").await?, verify(log, "coverage", "offsets").await?);
        say(&format!("verify {round}: log {} events a second, coverage {}", number(content), number(offset)));
        by_content.push(content);
        by_offset.push(offset);
    }
    Ok(vec![
        Figure::of_rounds("verify log", "events/s", by_content).at_least(200_000.0),
        Figure::of_rounds("verify coverage", "events/s", by_offset),
    ])
}

/// Events a second.
async fn verify(log: &Database, what: &str, counted: &str) -> Result<f64> {
    let started_at = Instant::now();
    let output =
        Command::new(BINARY).args(["verify", what, "--json"]).envs(log.environment()).output().await?;
    let seconds = started_at.elapsed().as_secs_f64();
    ensure!(
        output.status.success(),
        "verify {what} found fault: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout)?;
    Ok(report[counted].as_f64().with_context(|| format!("it says how many {counted} there are"))? / seconds)
}
