//! Services as processes.

use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use testkit::TestDatabase;
use tokio::process::{Child, Command};

/// A running `payload-tracker`, killed when dropped.
pub(crate) struct Service {
    child: Child,
}

impl Service {
    /// Starts a command of the binary with nothing in its environment but this.
    pub(crate) fn start(command: &str, environment: &[(&str, String)]) -> Self {
        let child = self::command(command, environment).kill_on_drop(true).spawn().unwrap();
        Self { child }
    }

    /// SIGKILL: no time to finish anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal and waits for the end.
    pub(crate) async fn end_with(mut self, signal: Signal) -> ExitStatus {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
        self.child.wait().await.unwrap()
    }
}

/// A command of the binary with nothing in its environment but this, and a metrics port that nobody else has.
pub(crate) fn command(command: &str, environment: &[(&str, String)]) -> Command {
    let mut process = Command::new(env!("CARGO_BIN_EXE_payload-tracker"));
    process
        .args(command.split(' '))
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
