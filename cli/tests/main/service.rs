//! Services as processes.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use testkit::TestDatabase;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// For a process to end in.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `payload-tracker`, killed when dropped.
pub(crate) struct Service {
    child: Child,
    is_wrapped: bool,
}

impl Service {
    /// Starts a command of the binary with nothing in its environment but this.
    pub(crate) fn start(command: &str, environment: &[(&str, String)]) -> Self {
        Self::start_wrapped(None, command, environment)
    }

    /// Starts it inside of another program, such as `unshare`, which makes it process 1 of a world of its own.
    pub(crate) fn start_wrapped(
        wrapper: Option<&str>,
        command: &str,
        environment: &[(&str, String)],
    ) -> Self {
        let child = self::command_in(wrapper, command, environment).kill_on_drop(true).spawn().unwrap();
        Self { child, is_wrapped: wrapper.is_some() }
    }

    /// SIGKILL: no time to finish anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal and waits for the end.
    pub(crate) async fn end_with(mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid()).unwrap(), signal).unwrap();
    }

    /// The most that it ever had resident, in MiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
    }

    /// The process of the service itself.
    pub(crate) fn pid(&self) -> i32 {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        if !self.is_wrapped {
            return pid;
        }
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        children.trim().parse().unwrap()
    }
}

/// A command of the binary with nothing in its environment but this, and a metrics port that nobody else has.
pub(crate) fn command(command: &str, environment: &[(&str, String)]) -> Command {
    command_in(None, command, environment)
}

fn command_in(wrapper: Option<&str>, command: &str, environment: &[(&str, String)]) -> Command {
    let program = env!("CARGO_BIN_EXE_payload-tracker");
    let mut words = wrapper.unwrap_or_default().split_whitespace().chain([program]).chain(command.split(' '));
    let mut process = Command::new(words.next().unwrap());
    process
        .args(words)
        .env_clear()
        .envs(["HOME", "PATH"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("LISTEN_ADDRESS", "127.0.0.1")
        .env("METRICSPORT", "0")
        .env("LOGLEVEL", "warn")
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    process
}

/// The variables that name a database.
pub(crate) fn database_environment(database: &TestDatabase) -> Vec<(&'static str, String)> {
    let args = database.args();
    vec![
        ("DB_HOST", args.host().to_owned()),
        ("DB_PORT", args.port.to_string()),
        ("DB_NAME", args.name.clone()),
        ("DB_USER", args.user.clone()),
    ]
}
