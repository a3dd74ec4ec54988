//! A private PostgreSQL server: real binaries, our folder, loopback only.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::data_dir::DataDir;
use self::log::Log;
use crate::error::Trying;
use crate::port::{check_free, free_port};
use crate::{Error, Guarded, GuardedOptions, Signal};

mod account;
mod data_dir;
mod installation;
mod log;
mod options;

pub use self::options::PostgresOptions;

/// Crash recovery of a well-filled folder takes its time.
const READY: Duration = Duration::from_secs(120);
/// How often a free port may turn out to be taken after all.
const PORT_ATTEMPTS: u32 = 5;

/// A running server, reachable by everyone on this machine without a password.
///
/// It stops when this value is dropped and when our process dies in any way, SIGKILL included. [`Postgres::stop`] also
/// waits for that.
#[derive(Debug)]
pub struct Postgres {
    options: PostgresOptions,
    data_dir: DataDir,
    port: u16,
    server: Option<Guarded>,
    /// Whether the folder was ever ours alone: else a failed start must not remove it.
    owns_folder: bool,
}

impl Postgres {
    /// Starts a server and waits until it takes connections; makes the data folder on first use.
    ///
    /// # Errors
    /// Each says what to do: see [`Error`].
    pub async fn start(options: PostgresOptions) -> Result<Self, Error> {
        let data_dir = DataDir::open(&options.data_dir, options.bin_dir.as_deref()).await?;
        let mut postgres = Self { options, data_dir, port: 0, server: None, owns_folder: false };
        let mut attempt = 1;
        loop {
            let port = match postgres.options.port {
                Some(port) => port,
                None => free_port().map_err(|source| Error::from_bind(0, source))?,
            };
            match postgres.launch(port).await {
                Ok(()) => return Ok(postgres),
                Err(Error::PortTaken { .. })
                    if postgres.options.port.is_none() && attempt < PORT_ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The address to connect to.
    pub fn host(&self) -> &str {
        "127.0.0.1"
    }

    /// The port to connect to; stays the same over [`Postgres::restart`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The role that owns everything, and needs no password.
    pub fn superuser(&self) -> &str {
        "postgres"
    }

    /// The data folder as an absolute path.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir.path
    }

    /// Waits until the server has ended without being asked to; cancel-safe. At once if it doesn't run.
    ///
    /// # Errors
    /// When the operating system can't tell.
    pub async fn exited(&mut self) -> Result<(), Error> {
        if let Some(server) = &mut self.server {
            server.exited().await.trying("wait for", Path::new("postgres"))?;
        }
        Ok(())
    }

    /// Shuts down fast (open transactions are rolled back, clients disconnected) and waits for the end.
    ///
    /// # Errors
    /// When the operating system can't tell whether it ended.
    pub async fn stop(mut self) -> Result<(), Error> {
        match self.server.take() {
            Some(server) => server.stop().await.map(drop).trying("stop", Path::new("postgres")),
            None => Ok(()),
        }
    }

    /// Makes a copy of all data while the server runs, in an empty folder, for another server to start on.
    ///
    /// # Errors
    /// When the folder can't be written to, or the server refuses.
    pub async fn back_up_to(&self, folder: &Path) -> Result<(), Error> {
        let program = self.data_dir.installation.bin_dir.join("pg_basebackup");
        self.data_dir.give(folder)?;
        let port = self.port.to_string();
        let mut backup = tokio::process::Command::new(&program);
        backup.args([
            "-h",
            self.host(),
            "-p",
            &port,
            "-U",
            self.superuser(),
            "--checkpoint=fast",
            "-X",
            "stream",
        ]);
        backup.arg("-D").arg(folder).current_dir("/").kill_on_drop(true);
        if let Some(account) = self.data_dir.account {
            backup.uid(account.uid).gid(account.gid);
        }
        let output = backup.output().await.trying("run", &program)?;
        if output.status.success() {
            return Ok(());
        }
        let last_lines = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::Failed { program: "pg_basebackup", log: folder.to_owned(), last_lines })
    }

    /// Ends the server as a crash would, for tests of outages; [`Postgres::restart`] brings it back.
    ///
    /// # Errors
    /// When the operating system can't tell whether it ended.
    pub async fn kill_immediate(&mut self) -> Result<(), Error> {
        self.end(Signal::Quit).await
    }

    /// Starts the server again on the same port, after stopping it if it still runs.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.end(Signal::Interrupt).await?;
        self.launch(self.port).await
    }

    /// Not [`Guarded::stop`], which would remove a temporary folder.
    async fn end(&mut self, signal: Signal) -> Result<(), Error> {
        if let Some(mut server) = self.server.take() {
            // It can't be signalled when it has ended by itself, which is as good.
            _ = server.signal(signal).await;
            server.exited().await.trying("wait for", Path::new("postgres"))?;
        }
        Ok(())
    }

    async fn launch(&mut self, port: u16) -> Result<(), Error> {
        check_free(port)?;
        let log = self.data_dir.lock().await?;
        self.owns_folder = true;
        let stale = self.data_dir.pid_file();
        let program = self.data_dir.installation.bin_dir.join("postgres");
        let mut server = Guarded::spawn(GuardedOptions {
            args: self.args(port),
            env: vec![("LC_ALL".into(), "C".into())],
            account: self.data_dir.account,
            current_dir: "/".into(),
            log: log.for_child()?,
            // A temporary folder needs no checkpoint before it goes.
            stop_signal: if self.options.temporary { Signal::Quit } else { Signal::Interrupt },
            remove_on_stop: self.options.temporary.then(|| self.data_dir.path.clone()),
            program: program.clone(),
        })
        .trying("run", &program)?;
        let deadline = Instant::now() + READY;
        while !self.is_ready(stale.as_deref()) {
            if server.try_exited().trying("wait for", &program)?.is_some() {
                return Err(self.why_it_failed(port, log));
            }
            if Instant::now() > deadline {
                let last_lines = log.last_lines();
                return Err(Error::NotReady { seconds: READY.as_secs(), log: log.path, last_lines });
            }
            sleep(Duration::from_millis(10)).await;
        }
        self.port = port;
        self.server = Some(server);
        Ok(())
    }

    fn args(&self, port: u16) -> Vec<OsString> {
        let mut args = vec!["-D".into(), self.data_dir.path.clone().into_os_string()];
        let mut set = |name: &str, value: &str| args.extend(["-c".into(), format!("{name}={value}").into()]);
        set("listen_addresses", "127.0.0.1");
        set("port", &port.to_string());
        // TCP is enough, and the path of a socket must be shorter than many a data folder's.
        set("unix_socket_directories", "");
        if self.options.temporary {
            // Not `synchronous_commit`: a commit must outlive a crash of the server, if not of the machine.
            set("fsync", "off");
            set("full_page_writes", "off");
        }
        for (name, value) in &self.options.settings {
            set(name, value);
        }
        args
    }

    /// As `pg_ctl` knows it: a connection could reach someone else's server on that port.
    fn is_ready(&self, stale: Option<&str>) -> bool {
        let Some(pid_file) = self.data_dir.pid_file() else { return false };
        Some(pid_file.as_str()) != stale
            && pid_file.lines().nth(7).is_some_and(|status| status.trim() == "ready")
    }

    fn why_it_failed(&self, port: u16, log: Log) -> Error {
        let last_lines = log.last_lines();
        if last_lines.contains("could not bind") && last_lines.contains("in use") {
            Error::PortTaken { port }
        } else if last_lines.contains("lock file \"postmaster.pid\" already exists") {
            Error::AlreadyRunning { data_dir: self.data_dir.path.clone() }
        } else {
            Error::Failed { program: "postgres", log: log.path, last_lines }
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // While it runs, stopping it removes the folder.
        if self.options.temporary && self.owns_folder && self.server.is_none() {
            _ = std::fs::remove_dir_all(&self.data_dir.path);
        }
    }
}
