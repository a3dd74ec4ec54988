//! A database for each test, on one server for each test process.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use embedded::{Postgres, PostgresOptions};
use runtime::database::{DatabaseArgs, Pool, PoolOptions, SslArgs};
use tokio::sync::OnceCell;
use tokio_postgres::Client;

const TEMPLATE: &str = "template_migrated";

/// A database of one test: migrated, empty, and gone with the test process.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    args: DatabaseArgs,
}

impl TestDatabase {
    /// Makes one; the first in a process starts the server.
    ///
    /// # Errors
    /// When PostgreSQL isn't installed: `make setup` mends that.
    pub async fn create() -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let server = server().await?;
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let admin = Self { args: args(server, "postgres") }.client().await?;
        admin.batch_execute(&format!("create database {name} template {TEMPLATE}")).await?;
        Ok(Self { args: args(server, &name) })
    }

    /// One that is there already.
    pub(crate) fn of(args: DatabaseArgs) -> Self {
        Self { args }
    }

    /// The same database, over another port of 127.0.0.1: that of a [`crate::Proxy`].
    #[must_use]
    pub fn through(&self, port: u16) -> Self {
        Self { args: DatabaseArgs { port, ..self.args.clone() } }
    }

    /// How to connect as the superuser.
    pub fn args(&self) -> DatabaseArgs {
        self.args.clone()
    }

    /// A connection as the superuser.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn client(&self) -> Result<Client> {
        connect(&self.args).await
    }

    /// A pool as a service would have it.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn pool(&self, options: &PoolOptions) -> Result<Pool> {
        Ok(self.args.pool(options)?)
    }
}

/// Never stopped by hand: it ends with the process, and takes its data along.
async fn server() -> Result<&'static Postgres> {
    static SERVER: OnceCell<Postgres> = OnceCell::const_new();
    SERVER.get_or_try_init(start).await
}

async fn start() -> Result<Postgres> {
    let folder = tempfile::Builder::new().prefix("payload-tracker-test-").tempdir()?.keep();
    let settings = [
        // A crash of the server is no subject of these tests, only of the data it had.
        ("fsync", "off"),
        ("max_connections", "300"),
        ("shared_buffers", "128MB"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let options =
        PostgresOptions { settings: settings.into(), temporary: true, ..PostgresOptions::new(folder) };
    let server = Postgres::start(options).await.context("run `make setup`")?;
    connect(&args(&server, "postgres")).await?.batch_execute(&format!("create database {TEMPLATE}")).await?;
    let mut client = connect(&args(&server, TEMPLATE)).await?;
    schema::migrate(&mut client).await?;
    Ok(server)
}

pub(crate) fn args(server: &Postgres, name: &str) -> DatabaseArgs {
    DatabaseArgs {
        host: Some(server.host().to_owned()),
        port: server.port(),
        name: name.to_owned(),
        user: server.superuser().to_owned(),
        password: "".into(),
        ssl: SslArgs::default(),
    }
}

pub(crate) async fn connect(args: &DatabaseArgs) -> Result<Client> {
    Ok(args.connect("payload-tracker test").await?)
}
