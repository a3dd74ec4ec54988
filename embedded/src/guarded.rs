//! A server process that can't outlive us.
//!
//! `kill_on_drop` and signal handlers don't help against SIGKILL. A pipe does: the kernel closes our end of it however
//! we die, and the small shell in `guarded.sh`, which holds the other end, then stops the server.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};

/// A running server. Dropping it stops the server without waiting for it; [`Guarded::stop`] waits.
#[derive(Debug)]
pub struct Guarded {
    shell: Child,
    /// Not inside `shell`, because waiting for a child closes the stdin it still has.
    leash: ChildStdin,
}

/// What to run, and how to end it.
#[derive(Debug)]
pub struct GuardedOptions {
    /// The server's program, looked up in `PATH` when it is a bare name.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to set on top of our own.
    pub env: Vec<(OsString, OsString)>,
    /// The account to run as, when not ours.
    pub account: Option<Account>,
    /// The folder to run in; that account must be able to enter it.
    pub current_dir: PathBuf,
    /// Where stdout and stderr go.
    pub log: File,
    /// The signal that asks the server to end; 30 s later it is killed.
    pub stop_signal: Signal,
    /// A folder to remove once the server was stopped. Kept when the server ends by itself, for looking into.
    pub remove_on_stop: Option<PathBuf>,
}

/// A user of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// The signals a server may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: PostgreSQL's fast shutdown.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGQUIT: PostgreSQL's immediate shutdown, as good as a crash.
    Quit,
    /// SIGKILL.
    Kill,
    /// SIGSTOP: the process stands still, its connections stay open.
    Pause,
    /// SIGCONT.
    Resume,
}

impl Guarded {
    /// Starts the server, in a process group of its own so that a Ctrl-C on the terminal reaches only us.
    ///
    /// # Errors
    /// When the shell can't be started. A program that can't be run shows as exit status 126 or 127, and in the log.
    pub fn spawn(options: GuardedOptions) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(include_str!("guarded.sh"))
            .arg("guarded")
            .arg(options.stop_signal.name())
            .arg(options.remove_on_stop.unwrap_or_default())
            .arg(options.program)
            .args(options.args)
            .envs(options.env)
            .current_dir(options.current_dir)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(options.log.try_clone()?)
            .stderr(options.log);
        if let Some(Account { uid, gid }) = options.account {
            command.uid(uid).gid(gid);
        }
        let mut shell = command.spawn()?;
        let leash = shell.stdin.take().ok_or_else(|| io::Error::other("the shell has no stdin"))?;
        Ok(Self { shell, leash })
    }

    /// Sends the server a signal, without waiting for its effect.
    ///
    /// # Errors
    /// When the server has ended.
    pub async fn signal(&mut self, signal: Signal) -> io::Result<()> {
        self.leash.write_all(format!("{}\n", signal.name()).as_bytes()).await
    }

    /// Waits until the server has ended by itself or by a [`Signal`]; cancel-safe.
    ///
    /// # Errors
    /// When the operating system can't tell.
    pub async fn exited(&mut self) -> io::Result<ExitStatus> {
        self.shell.wait().await
    }

    /// The exit status if the server has ended.
    ///
    /// # Errors
    /// When the operating system can't tell.
    pub fn try_exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.shell.try_wait()
    }

    /// Stops the server and waits until it has ended, and its folder is removed if that was asked for.
    ///
    /// # Errors
    /// When the operating system can't tell.
    pub async fn stop(self) -> io::Result<ExitStatus> {
        let Self { mut shell, leash } = self;
        drop(leash);
        shell.wait().await
    }
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Terminate => "TERM",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
            Self::Pause => "STOP",
            Self::Resume => "CONT",
        }
    }
}
