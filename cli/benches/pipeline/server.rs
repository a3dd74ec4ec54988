//! The PostgreSQL that the pipeline is measured against: durable, with memory as a small production server has it.

use std::fs;

use anyhow::{Context as _, Result};
use embedded::{Postgres, PostgresOptions};
use runtime::database::DatabaseArgs;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

/// A server, and a connection to it.
pub(crate) struct Server {
    postgres: Postgres,
    pub(crate) client: Client,
    _connection: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("payload-tracker-bench-").tempdir()?.keep();
        let settings = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        // `temporary` would also turn durability off.
        let options = PostgresOptions { settings, ..PostgresOptions::new(folder) };
        let postgres = Postgres::start(options).await?;
        let (client, connection) = args(&postgres).config("bench").connect(NoTls).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async { drop(connection.await) });
        let mut migrator = args(&postgres).config("migrate").connect(NoTls).await?;
        driver.spawn(async { drop(migrator.1.await) });
        schema::migrate(&mut migrator.0).await?;
        Ok(Self { postgres, client, _connection: driver })
    }

    /// The variables that name it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let args = args(&self.postgres);
        vec![
            ("DB_HOST", args.host().to_owned()),
            ("DB_PORT", args.port.to_string()),
            ("DB_NAME", args.name),
            ("DB_USER", args.user),
        ]
    }

    /// CPU seconds that the server has used, processes that ended included.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let lock = fs::read_to_string(self.postgres.data_dir().join("postmaster.pid"))?;
        let postmaster: u32 = lock.lines().next().context("the server runs")?.trim().parse()?;
        let pids = fs::read_dir("/proc")?
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let server =
            pids.filter_map(Stat::read).filter(|stat| stat.pid == postmaster || stat.parent == postmaster);
        Ok(server
            .map(|stat| stat.cpu_seconds + if stat.pid == postmaster { stat.ended_cpu_seconds } else { 0.0 })
            .sum())
    }

    /// How much each record takes on disk.
    pub(crate) async fn sizes(&self) -> Result<String> {
        let row = self
            .client
            .query_one(
                "select (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'events'::regclass)::float8
                        / (select count(*) from events) as per_event,
                    (pg_total_relation_size('projection_1.statuses') + pg_total_relation_size('projection_1.payloads'))::float8
                        / (select count(*) from projection_1.statuses) as per_status",
                &[],
            )
            .await?;
        let (per_event, per_status): (f64, f64) = (row.get("per_event"), row.get("per_status"));
        Ok(format!(
            "on disk, indexes included: {per_event:.0} bytes an event, {per_status:.0} bytes a status (payloads included)"
        ))
    }

    pub(crate) async fn stop(self) -> Result<()> {
        let folder = self.postgres.data_dir().to_owned();
        drop(self.client);
        self.postgres.stop().await?;
        Ok(fs::remove_dir_all(folder)?)
    }
}

/// What the kernel says of a process.
pub(crate) struct Stat {
    pid: u32,
    parent: u32,
    pub(crate) cpu_seconds: f64,
    /// Of its children that ended.
    ended_cpu_seconds: f64,
}

impl Stat {
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

fn args(postgres: &Postgres) -> DatabaseArgs {
    DatabaseArgs {
        host: Some(postgres.host().to_owned()),
        port: postgres.port(),
        name: "postgres".to_owned(),
        user: postgres.superuser().to_owned(),
        password: "".into(),
    }
}
