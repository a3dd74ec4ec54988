//! A service, measured from its start until it has caught up.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use crate::TOPIC;
use crate::server::{Server, Stat};

/// What catching up took.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) postgres_cpu_seconds: f64,
    pub(crate) peak_mib: f64,
}

/// Runs a service until it has `count` records behind it. Starting up counts.
pub(crate) async fn measure(command: &str, server: &Server, kafka: &str, count: usize) -> Result<Measured> {
    let progress = match command {
        "ingest" => "select coalesce(sum(next_offset), 0)::bigint from streams",
        _ => "select coalesce(sum(next_offset), 0)::bigint from cursors",
    };
    let postgres_before = server.cpu_seconds()?;
    let started_at = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_payload-tracker"))
        .arg(command)
        .envs(server.environment())
        .envs([
            ("KAFKA_BOOTSTRAP_SERVERS", kafka),
            ("TOPIC_PAYLOAD_STATUS", TOPIC),
            ("METRICSPORT", "0"),
            ("LISTEN_ADDRESS", "127.0.0.1"),
            ("LOGLEVEL", "warn"),
        ])
        .kill_on_drop(true)
        .spawn()?;
    let pid = child.id().context("it runs")?;
    loop {
        let done: i64 = server.client.query_one(progress, &[]).await?.get(0);
        if done >= i64::try_from(count)? {
            break;
        }
        anyhow::ensure!(child.try_wait()?.is_none(), "{command} ended before its work did");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = started_at.elapsed().as_secs_f64();
    let measured = Measured {
        seconds,
        cpu_seconds: Stat::read(pid).context("it runs")?.cpu_seconds,
        postgres_cpu_seconds: server.cpu_seconds()? - postgres_before,
        peak_mib: peak_mib(pid)?,
    };
    child.kill().await?;
    Ok(measured)
}

fn peak_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("the kernel knows the peak")?;
    let kib: f64 = line.split_whitespace().nth(1).context("a number follows")?.parse()?;
    Ok(kib / 1024.0)
}
