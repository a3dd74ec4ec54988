//! The PostgreSQL that the pipeline is measured against: durable, with memory as a small production server has it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use embedded::{Postgres, PostgresOptions};
use runtime::database::{DatabaseArgs, SslArgs};

use crate::database::Database;
use crate::process::family_cpu_seconds;

/// A server.
pub(crate) struct Server {
    postgres: Postgres,
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("payload-tracker-bench-").tempdir()?.keep();
        let settings = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        // `temporary` would also turn durability off.
        let options = PostgresOptions { settings, ..PostgresOptions::new(folder) };
        Ok(Self { postgres: Postgres::start(options).await? })
    }

    /// A new database with the tables in it.
    pub(crate) async fn database(&self, name: &str) -> Result<Database> {
        Database::create(self.args("postgres"), self.args(name)).await
    }

    /// CPU seconds that the server has used, processes that ended included.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let lock = fs::read_to_string(self.postgres.data_dir().join("postmaster.pid"))?;
        family_cpu_seconds(lock.lines().next().context("the server runs")?.trim().parse()?)
    }

    /// Where it writes its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.postgres.data_dir().join("server.log")
    }

    pub(crate) async fn stop(self) -> Result<()> {
        let folder = self.postgres.data_dir().to_owned();
        self.postgres.stop().await?;
        Ok(fs::remove_dir_all(folder)?)
    }

    fn args(&self, database: &str) -> DatabaseArgs {
        DatabaseArgs {
            host: Some(self.postgres.host().to_owned()),
            port: self.postgres.port(),
            name: database.to_owned(),
            user: self.postgres.superuser().to_owned(),
            password: "".into(),
            ssl: SslArgs::default(),
        }
    }
}
