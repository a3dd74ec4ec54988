//! A PostgreSQL of one test's own, to be stopped, crashed, frozen and replaced.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use anyhow::{Context as _, Result};
use embedded::{Postgres, PostgresOptions};
use rustix::process::{Pid, Signal, kill_process};

use crate::database::{args, connect};
use crate::{Authority, TestDatabase};

/// A server with one database, migrated. It ends with this value and takes its data along.
#[derive(Debug)]
pub struct TestServer {
    postgres: Postgres,
}

impl TestServer {
    /// Starts one, with settings on top of the tests' own.
    ///
    /// # Errors
    /// When PostgreSQL isn't installed: `make setup` mends that.
    pub async fn start(settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("payload-tracker-server-").tempdir()?.keep();
        let server = Self::start_in(&folder, settings).await?;
        schema::migrate(&mut server.database().client().await?).await?;
        Ok(server)
    }

    /// Starts one on a data folder that is filled already, as by a backup.
    ///
    /// # Errors
    /// As [`TestServer::start`].
    pub async fn start_in(folder: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let options = PostgresOptions {
            settings: settings.collect(),
            temporary: true,
            ..PostgresOptions::new(folder.to_owned())
        };
        Ok(Self { postgres: Postgres::start(options).await.context("run `make setup`")? })
    }

    /// Its database.
    pub fn database(&self) -> TestDatabase {
        TestDatabase::of(args(&self.postgres, "postgres"))
    }

    /// What it has logged so far.
    ///
    /// # Errors
    /// When its log can't be read.
    pub fn log(&self) -> Result<String> {
        fs::read_to_string(self.postgres.data_dir().join("server.log")).context("the server's log")
    }

    /// Where its data is.
    pub(crate) fn data_dir(&self) -> &Path {
        self.postgres.data_dir()
    }

    /// Makes a copy of all its data while it runs, for another server to start on. That one knows nothing of what comes later.
    ///
    /// # Errors
    /// When the copy can't be made.
    pub async fn back_up_to(&self, folder: &Path) -> Result<()> {
        Ok(self.postgres.back_up_to(folder).await?)
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// When the operating system can't tell whether it ended.
    pub async fn crash(&mut self) -> Result<()> {
        Ok(self.postgres.kill_immediate().await?)
    }

    /// Starts it again, after an orderly shutdown if it still runs.
    ///
    /// # Errors
    /// When it doesn't come up.
    pub async fn restart(&mut self) -> Result<()> {
        Ok(self.postgres.restart().await?)
    }

    /// Starts it again as a standby of nobody, which takes no writes until it is promoted.
    ///
    /// # Errors
    /// When it doesn't come up.
    pub async fn restart_as_standby(&mut self) -> Result<()> {
        fs::write(self.postgres.data_dir().join("standby.signal"), "")?;
        self.restart().await
    }

    /// Makes all of its processes stand still, with their connections open.
    ///
    /// # Errors
    /// When it doesn't run.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Ends a [`TestServer::freeze`].
    ///
    /// # Errors
    /// When it doesn't run.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Has it speak TLS from now on, as `localhost`.
    ///
    /// # Errors
    /// When its folder can't be written to, or it refuses.
    pub async fn encrypt(&self, authority: &Authority) -> Result<()> {
        let identity = authority.identity_of("localhost")?;
        let (folder, owner) = (self.postgres.data_dir(), fs::metadata(self.postgres.data_dir())?);
        for (name, text) in [("server.crt", identity.certificate), ("server.key", identity.key)] {
            let path = folder.join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            chown(&path, Some(owner.uid()), Some(owner.gid()))?;
        }
        self.execute("alter system set ssl = on").await?;
        self.execute("select pg_reload_conf()").await
    }

    /// Runs SQL as the superuser.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn execute(&self, sql: &str) -> Result<()> {
        Ok(connect(&args(&self.postgres, "postgres")).await?.batch_execute(sql).await?)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let lock = fs::read_to_string(self.postgres.data_dir().join("postmaster.pid"))?;
        let postmaster: i32 = lock.lines().next().context("the server runs")?.trim().parse()?;
        // The postmaster first, so that it starts nobody meanwhile.
        for pid in [postmaster].into_iter().chain(children_of(postmaster)?) {
            let pid = Pid::from_raw(pid).context("a process id is positive")?;
            // One that ended by itself in between stands still for good.
            _ = kill_process(pid, signal);
        }
        Ok(())
    }
}

fn children_of(parent: i32) -> Result<Vec<i32>> {
    let processes = fs::read_dir("/proc")?.flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name, which may hold anything: the state, then the parent.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace().nth(1));
        fields.flatten().and_then(|field| field.parse().ok()) == Some(parent)
    };
    Ok(pids.filter(is_child).collect())
}
