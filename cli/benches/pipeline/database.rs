//! A database of its own for everything that is measured, and a connection to it.

use anyhow::Result;
use runtime::database::{DatabaseArgs, Pool, PoolOptions};
use tokio::process::Command;
use tokio_postgres::Client;

const NAME: &str = "bench";

/// A database with the tables in it.
pub(crate) struct Database {
    /// One to make it from, and to drop it from.
    maintenance: DatabaseArgs,
    args: DatabaseArgs,
    pub(crate) client: Client,
}

impl Database {
    pub(crate) async fn create(maintenance: DatabaseArgs, args: DatabaseArgs) -> Result<Self> {
        let client = maintenance.connect(NAME).await?;
        client.batch_execute(&format!("create database {}", args.name)).await?;
        schema::migrate(&mut args.connect(NAME).await?).await?;
        // Nobody pays for what was written before.
        client.batch_execute("checkpoint").await?;
        let client = args.connect(NAME).await?;
        Ok(Self { maintenance, args, client })
    }

    /// Another connection.
    pub(crate) async fn connect(&self) -> Result<Client> {
        Ok(self.args.connect(NAME).await?)
    }

    pub(crate) fn name(&self) -> &str {
        &self.args.name
    }

    /// Connections as a service has them.
    pub(crate) fn pool(&self, options: &PoolOptions) -> Result<Pool> {
        Ok(self.args.pool(options)?)
    }

    /// The variables that name it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 4] {
        let args = &self.args;
        [
            ("DB_HOST", args.host().to_owned()),
            ("DB_PORT", args.port.to_string()),
            ("DB_NAME", args.name.clone()),
            ("DB_USER", args.user.clone()),
        ]
    }

    /// A program of PostgreSQL's own that works on it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let args = &self.args;
        let mut command = Command::new(program);
        command.args(["-h", args.host(), "-p", &args.port.to_string(), "-U", &args.user]).kill_on_drop(true);
        command
    }

    /// Gives its space back.
    pub(crate) async fn drop(self) -> Result<()> {
        let client = self.maintenance.connect(NAME).await?;
        Ok(client.batch_execute(&format!("drop database {} with (force)", self.args.name)).await?)
    }
}
