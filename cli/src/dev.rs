//! `dev`: everything in one process, for trying it out and for developing against it.

mod banner;
mod servers;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use event_store::{BatchArgs, Ingest, KafkaArgs};
use projector::{Project, ProjectArgs};
use query_api::{Api, ServeArgs};
use runtime::admin::AdminArgs;
use runtime::database::DatabaseArgs;
use tokio::sync::watch;

use self::servers::Servers;
use crate::migrate;
use crate::process::Process;

/// Runs the whole tracker in one process: migrations, ingestion, projection and the API, on embedded defaults.
///
/// Without `KAFKA_BOOTSTRAP_SERVERS` it starts a Kafka broker inside this process (it forgets its records when it stops; what
/// was ingested stays). Without `DB_HOST` it starts a private PostgreSQL whose data survives. All of it listens on 127.0.0.1
/// only, and ends with this process.
#[derive(Args, Debug)]
pub(crate) struct DevArgs {
    /// Folder of the private PostgreSQL [default: ~/.local/share/payload-tracker; as root: /var/lib/payload-tracker]
    #[arg(long, env = "PAYLOAD_TRACKER_DATA_DIR", value_name = "FOLDER", help_heading = "Embedded servers")]
    data_dir: Option<PathBuf>,
    /// Port of the private PostgreSQL
    #[arg(
        long,
        env = "DEV_POSTGRES_PORT",
        value_name = "PORT",
        default_value_t = 15432,
        help_heading = "Embedded servers"
    )]
    postgres_port: u16,
    /// Port of the in-process broker
    #[arg(
        long,
        env = "DEV_BROKER_PORT",
        value_name = "PORT",
        default_value_t = 29092,
        help_heading = "Embedded servers"
    )]
    broker_port: u16,
    /// Partitions of the topic on the in-process broker
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1_000), help_heading = "Embedded servers")]
    broker_partitions: i32,
    /// Folder that holds initdb and postgres, where they are in no usual place
    #[arg(long, env = "POSTGRES_BIN", value_name = "FOLDER", help_heading = "Embedded servers")]
    postgres_bin: Option<PathBuf>,
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    batch: BatchArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    serve: ServeArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(crate) async fn run(mut args: DevArgs) -> anyhow::Result<()> {
    // What is for one desk is offered to nobody else.
    args.admin.listen_address.get_or_insert(Ipv4Addr::LOCALHOST.into());
    let process = Process::start(&args.admin).await?;
    let listener = runtime::admin::bind(args.admin.listen_address(), args.serve.public_port)
        .await
        .context("the API's port (PUBLICPORT) can't be opened")?;
    let mut servers = Servers::start(&mut args).await?;
    migrate::migrate(&args.database).await?;
    let running = tokio::select! {
        ended = run_services(args, process, listener) => ended,
        error = servers.failed() => Err(error),
    };
    // Last, so that the services could finish what they had in hand.
    running.and(servers.stop().await)
}

async fn run_services(
    args: DevArgs,
    mut process: Process,
    listener: tokio::net::TcpListener,
) -> anyhow::Result<()> {
    let banner = banner::text(&args);
    let health = &process.health;
    let stop = process.tasks.stop();
    let ingest = Ingest {
        kafka: args.kafka,
        batch: args.batch,
        pool: args.database.pool(&event_store::pool_options())?,
    };
    process.tasks.spawn(ingest.run(health.clone(), stop.clone()));
    let (wake, woken) = watch::channel(());
    let listen = args.database.clone().listen("payload-tracker dev", schema::APPENDED, wake, stop.clone());
    process.tasks.spawn(listen);
    let pool = args.database.pool(&projector::pool_options())?;
    process.tasks.spawn(Project { args: args.project, pool, wake: woken }.run(health.clone(), stop.clone()));
    let pool = args.database.pool(&query_api::pool_options(&args.serve))?;
    let probe = args.database.pool(&query_api::probe_pool_options(&args.serve))?;
    let audit = args.database.pool(&query_api::audit_pool_options())?;
    let (wake, woken) = watch::channel(());
    let listen = args.database.listen("payload-tracker dev listen", schema::PROJECTED, wake, stop.clone());
    process.tasks.spawn(listen);
    let api = Api { args: args.serve, pool, probe, audit, wake: woken };
    process.tasks.spawn(api.run(listener, health.clone(), stop.clone()));
    process.tasks.spawn(banner::print_when_ready(banner, health.clone(), stop));
    process.finish().await
}
