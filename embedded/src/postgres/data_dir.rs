//! The data folder: made once, found again later, used by one server at a time.

use std::ffi::OsString;
use std::fs::{self, TryLockError};
use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::account;
use super::installation::Installation;
use super::log::Log;
use crate::error::Trying;
use crate::{Account, Error, Guarded, GuardedOptions, Signal};

/// How long a predecessor that is about to stop may take.
const PREDECESSOR: Duration = Duration::from_secs(5);

/// A folder with PostgreSQL data in it, and the binaries and the account that fit it.
#[derive(Debug)]
pub(super) struct DataDir {
    pub(super) path: PathBuf,
    pub(super) account: Option<Account>,
    pub(super) installation: Installation,
}

impl DataDir {
    /// Finds the data, or makes it with `initdb`.
    pub(super) async fn open(path: &Path, bin_dir: Option<&Path>) -> Result<Self, Error> {
        // The server runs in another folder, so a relative path would mean something else to it.
        let path = std::path::absolute(path).trying("find", path)?;
        let account = account::for_folder(&path)?;
        let made_by = made_by(&path)?;
        let installation = Installation::find(bin_dir, made_by).await?;
        let data_dir = Self { path, account, installation };
        match made_by {
            None => data_dir.initialise().await?,
            Some(made_by) if made_by != data_dir.installation.major => {
                let found = data_dir.installation.major;
                return Err(Error::OtherVersion { data_dir: data_dir.path, made_by, found });
            }
            Some(_) => {}
        }
        Ok(data_dir)
    }

    /// The log, locked. The server and its children inherit the lock with the open file, so it is free again only when
    /// the last of them has gone, and a `postmaster.pid` found under it is stale.
    pub(super) async fn lock(&self) -> Result<Log, Error> {
        let log = Log::open(&self.path.join("server.log"))?;
        self.give(&log.path)?;
        let deadline = Instant::now() + PREDECESSOR;
        loop {
            match log.file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    sleep(Duration::from_millis(50)).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::AlreadyRunning { data_dir: self.path.clone() });
                }
                Err(TryLockError::Error(source)) => return Err(source).trying("lock", &log.path),
            }
        }
        self.remove_stale_pid()?;
        Ok(log)
    }

    /// What the server says about itself: pid, folder, start, port, and a last line that becomes `ready`.
    pub(super) fn pid_file(&self) -> Option<String> {
        fs::read_to_string(self.path.join("postmaster.pid")).ok()
    }

    /// The server itself takes a pid file for stale only if nobody has that pid, which after a reboot someone may.
    /// Someone who isn't PostgreSQL, that is: a server not started by us doesn't hold our lock, and must be spared.
    fn remove_stale_pid(&self) -> Result<(), Error> {
        let Some(pid) = self.pid_file().and_then(|text| text.lines().next()?.trim().parse::<u32>().ok())
        else {
            return Ok(());
        };
        let processes = Path::new("/proc");
        if !processes.join("self").exists() {
            return Ok(());
        }
        match fs::read_to_string(processes.join(pid.to_string()).join("comm")) {
            Ok(name) if name.trim_end() == "postgres" => Ok(()),
            _ => {
                let stale = self.path.join("postmaster.pid");
                fs::remove_file(&stale).trying("remove", &stale)
            }
        }
    }

    /// Makes the data beside the final place and moves it there whole: killed half-way, nothing looks like data.
    async fn initialise(&self) -> Result<(), Error> {
        let mut staging = self.path.clone().into_os_string();
        staging.push(format!(".new-{}", std::process::id()));
        let staging = PathBuf::from(staging);
        remove_if_exists(&staging)?;
        fs::create_dir_all(&staging).trying("make the folder", &staging)?;
        self.give(&staging)?;
        let made = self.initdb(&staging).await;
        let moved = match made {
            Ok(()) => fs::rename(staging.join("data"), &self.path).trying("make the data folder", &self.path),
            Err(error) => Err(error),
        };
        remove_if_exists(&staging)?;
        moved
    }

    async fn initdb(&self, staging: &Path) -> Result<(), Error> {
        let log = Log::open(&staging.join("initdb.log"))?;
        let mut data = OsString::from("--pgdata=");
        data.push(staging.join("data"));
        let locale = if cfg!(target_os = "linux") { "--locale=C.UTF-8" } else { "--locale=C" };
        let mut args = vec![data];
        args.extend(
            [
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                locale,
                "--no-sync",
                "--no-instructions",
            ]
            .map(Into::into),
        );
        let mut initdb = Guarded::spawn(GuardedOptions {
            program: self.installation.bin_dir.join("initdb"),
            args,
            env: vec![("LC_ALL".into(), "C".into())],
            account: self.account,
            current_dir: "/".into(),
            log: log.for_child()?,
            stop_signal: Signal::Terminate,
            remove_on_stop: Some(staging.to_path_buf()),
        })
        .trying("run", &self.installation.bin_dir.join("initdb"))?;
        let status = initdb.exited().await.trying("wait for", Path::new("initdb"))?;
        if status.success() {
            Ok(())
        } else {
            Err(Error::Failed { program: "initdb", last_lines: log.last_lines(), log: log.path })
        }
    }

    pub(super) fn give(&self, path: &Path) -> Result<(), Error> {
        match self.account {
            Some(Account { uid, gid }) => {
                chown(path, Some(uid), Some(gid)).trying("change the owner of", path)
            }
            None => Ok(()),
        }
    }
}

/// The major version that made the data in `path`; `None` for a missing or empty folder.
fn made_by(path: &Path) -> Result<Option<u32>, Error> {
    let not_ours = || Error::NotOurs { data_dir: path.to_path_buf() };
    let version = path.join("PG_VERSION");
    match fs::read_to_string(&version) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| not_ours()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match path.read_dir() {
            Ok(mut entries) => entries.next().map_or(Ok(None), |_| Err(not_ours())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).trying("look into", path),
        },
        // A plain file in place of the folder.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(not_ours()),
        Err(error) => Err(error).trying("read", &version),
    }
}

fn remove_if_exists(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).trying("remove", path),
        _ => Ok(()),
    }
}
