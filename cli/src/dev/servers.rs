//! The servers that `dev` starts where it isn't told of others.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use embedded::{Broker, BrokerOptions, Postgres, PostgresOptions};
use event_store::BrokerArgs;
use runtime::database::SslArgs;

use super::DevArgs;

/// Those that are ours.
#[derive(Debug)]
pub(super) struct Servers {
    postgres: Option<Postgres>,
    broker: Option<Broker>,
}

impl Servers {
    /// Starts what is missing, and has `args` point to it.
    pub(super) async fn start(args: &mut DevArgs) -> anyhow::Result<Self> {
        let broker = match args.kafka.broker.bootstrap_servers {
            Some(_) => None,
            None => Some(start_broker(args).await?),
        };
        let postgres = match args.database.host {
            Some(_) => None,
            None => Some(start_postgres(args).await?),
        };
        Ok(Self { postgres, broker })
    }

    /// Waits until one fails, which it shouldn't.
    pub(super) async fn failed(&mut self) -> anyhow::Error {
        match &mut self.postgres {
            Some(postgres) => {
                let log = postgres.data_dir().join("server.log");
                let ended = postgres.exited().await.err().map(anyhow::Error::from);
                let said = format!("PostgreSQL ended by itself; it says why in {}", log.display());
                ended.map_or_else(|| anyhow::anyhow!(said.clone()), |error| error.context(said.clone()))
            }
            None => std::future::pending().await,
        }
    }

    /// Stops them in order.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        if let Some(broker) = self.broker {
            broker.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await.context("PostgreSQL could not be stopped")?;
        }
        Ok(())
    }
}

async fn start_broker(args: &mut DevArgs) -> anyhow::Result<Broker> {
    let topics = vec![(args.kafka.topic.clone(), args.broker_partitions)];
    let options = BrokerOptions { port: Some(args.broker_port), topics };
    let broker = Broker::start(options).await.context(
        "choose another port with --broker-port, or name a broker of your own in KAFKA_BOOTSTRAP_SERVERS",
    )?;
    args.kafka.broker = BrokerArgs::at(broker.bootstrap_servers());
    Ok(broker)
}

async fn start_postgres(args: &mut DevArgs) -> anyhow::Result<Postgres> {
    let options = PostgresOptions {
        port: Some(args.postgres_port),
        bin_dir: args.postgres_bin.clone(),
        ..PostgresOptions::new(match &args.data_dir {
            Some(folder) => folder.clone(),
            None => default_data_dir()?,
        })
    };
    let postgres = Postgres::start(options).await?;
    let database = &mut args.database;
    database.host = Some(postgres.host().to_owned());
    database.port = postgres.port();
    database.ssl = SslArgs::default();
    postgres.superuser().clone_into(&mut database.user);
    crate::database::create(database).await?;
    Ok(postgres)
}

/// PostgreSQL doesn't run as root, so root's own home would be out of its reach.
fn default_data_dir() -> anyhow::Result<PathBuf> {
    let home = std::env::home_dir().context("there is no home folder: name a folder with --data-dir")?;
    if home.as_path() == Path::new("/root") {
        return Ok("/var/lib/payload-tracker".into());
    }
    Ok(home.join(".local/share/payload-tracker"))
}
