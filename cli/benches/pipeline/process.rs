//! What the kernel says of a process.

use std::fs;

use anyhow::{Context as _, Result};

/// The time that a process has used.
pub(crate) struct Stat {
    pid: u32,
    parent: u32,
    pub(crate) cpu_seconds: f64,
    /// Of its children that ended.
    ended_cpu_seconds: f64,
}

impl Stat {
    /// Of a process that runs.
    pub(crate) fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // After the name, which may hold anything: state, parent, …, utime, stime, cutime, cstime.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        // The kernel's unit for user space is 1/100 s on every Linux.
        let seconds = |at: usize| Some(fields.get(at)?.parse::<f64>().ok()? / 100.0);
        Some(Self {
            pid,
            parent: fields.get(1)?.parse().ok()?,
            cpu_seconds: seconds(11)? + seconds(12)?,
            ended_cpu_seconds: seconds(13)? + seconds(14)?,
        })
    }
}

/// CPU seconds of a process and its children, those that ended included.
pub(crate) fn family_cpu_seconds(parent: u32) -> Result<f64> {
    let pids =
        fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let family = pids.filter_map(Stat::read).filter(|stat| stat.pid == parent || stat.parent == parent);
    Ok(family
        .map(|stat| stat.cpu_seconds + if stat.pid == parent { stat.ended_cpu_seconds } else { 0.0 })
        .sum())
}

/// The most memory that a process had resident so far.
pub(crate) fn peak_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("the kernel knows the peak")?;
    let kib: f64 = line.split_whitespace().nth(1).context("a number follows")?.parse()?;
    Ok(kib / 1024.0)
}
