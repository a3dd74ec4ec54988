//! The way to PostgreSQL: where it is, as whom, and a pool of connections that give up in time.

mod connect;
mod listen;
mod recycle;
mod ssl;

use std::time::Duration;

use clap::Args;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime, Timeouts};
use tokio_postgres::Config;
use tokio_postgres::error::SqlState;
use tracing::info;

use crate::Secret;

pub use self::connect::ConnectError;
pub use self::listen::hint;
pub use self::ssl::{SslArgs, SslError, SslMode};
pub use deadpool_postgres::{BuildError, ClientWrapper, Object, Pool, PoolError, Transaction};

/// How long a connection may take to be made, or to be free.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged: finds a black-holed database.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);
/// A transaction of a process that stopped moving lets go of its locks after this.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// A reader's waits for clients, who may pause for up to a minute. Who waits for it are `prune` and `migrate` alone, and they try again.
const READER_IDLE_TIMEOUT: Duration = Duration::from_secs(65);

/// Where the database is.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// Host of PostgreSQL (15 or newer) [default: localhost]
    #[arg(long = "db-host", env = "DB_HOST", value_name = "DB_HOST")]
    pub host: Option<String>,
    /// Port of PostgreSQL
    #[arg(long = "db-port", env = "DB_PORT", value_name = "DB_PORT", default_value_t = 5432)]
    pub port: u16,
    /// Name of the database
    #[arg(long = "db-name", env = "DB_NAME", value_name = "DB_NAME", default_value = "crc")]
    pub name: String,
    /// User to connect as. It must be a member of the service's role; `migrate` makes the user it runs as a member of all
    #[arg(long = "db-user", env = "DB_USER", value_name = "DB_USER", default_value = "crc")]
    pub user: String,
    /// The user's password
    #[arg(
        long = "db-password",
        env = "DB_PASSWORD",
        value_name = "DB_PASSWORD",
        default_value = "crc",
        hide_env_values = true
    )]
    pub password: Secret,
    /// How the way there is protected.
    #[command(flatten)]
    pub ssl: SslArgs,
}

/// The role that a service takes on after connecting: it can do what the service must, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Appends to the event log.
    Appender,
    /// Reads the event log and writes the read models.
    Projector,
    /// Reads the read models.
    Reader,
    /// Writes down which links were given.
    Recorder,
    /// Reads everything.
    Auditor,
    /// Owns the tables: makes them, and takes old days away.
    Migrator,
}

/// What a service asks of its pool.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Shown in `pg_stat_activity`.
    pub application_name: &'static str,
    /// The role of every connection.
    pub role: Role,
    /// The most connections that are ever open.
    pub max_size: usize,
    /// The server stops a statement that runs longer.
    pub statement_timeout: Duration,
    /// Refuse every write.
    pub is_read_only: bool,
}

impl DatabaseArgs {
    /// The host, or where PostgreSQL is by default.
    pub fn host(&self) -> &str {
        self.host.as_deref().unwrap_or("localhost")
    }

    /// What the driver is told, without a role and without time-outs.
    fn config(&self, application_name: &str) -> Config {
        let mut config = Config::new();
        config
            .host(self.host())
            .port(self.port)
            .dbname(&self.name)
            .user(&self.user)
            .password(self.password.expose())
            .ssl_mode(self.ssl.driver_mode())
            .application_name(application_name)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(TCP_USER_TIMEOUT)
            .keepalives_idle(Duration::from_secs(10));
        config
    }

    /// A pool for one service. Connects to nothing yet.
    ///
    /// # Errors
    /// When its settings can't work.
    pub fn pool(&self, options: &PoolOptions) -> Result<Pool, ConnectError> {
        info!(host = self.host(), port = self.port, name = self.name, ssl = ?self.ssl.mode(), "database");
        let mut config = self.config(options.application_name);
        config.options(options.settings());
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, self.ssl.connector()?, recycling);
        let pool = Pool::builder(manager)
            .max_size(options.max_size)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(CONNECT_TIMEOUT), create: Some(CONNECT_TIMEOUT), recycle: None })
            .pre_recycle(recycle::verify_idle(options.role))
            .build()?;
        Ok(pool)
    }
}

/// Whether connecting failed because the service's role isn't there: the database was never migrated.
pub fn is_role_missing(error: &PoolError) -> bool {
    let PoolError::Backend(error) = error else { return false };
    // A setting of the start-up packet names a role that doesn't exist.
    error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE)
}

impl PoolOptions {
    fn settings(&self) -> String {
        format!(
            "-c role={} -c statement_timeout={} -c idle_in_transaction_session_timeout={} -c default_transaction_read_only={}{}",
            self.role.name(),
            self.statement_timeout.as_millis(),
            match self.role {
                Role::Reader => READER_IDLE_TIMEOUT,
                _ => IDLE_IN_TRANSACTION_TIMEOUT,
            }
            .as_millis(),
            self.is_read_only,
            match self.role {
                // Rather fail than see what somebody's policy, or tables in front of ours, leave to be seen.
                Role::Auditor => " -c row_security=off -c search_path=public",
                // A statement ends soon after whoever waits for it is gone.
                Role::Reader => " -c client_connection_check_interval=1000",
                Role::Appender | Role::Projector | Role::Recorder | Role::Migrator => "",
            },
        )
    }
}

impl Role {
    /// Its name in PostgreSQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Appender => "payload_tracker_appender",
            Self::Projector => "payload_tracker_projector",
            Self::Reader => "payload_tracker_reader",
            Self::Recorder => "payload_tracker_recorder",
            Self::Auditor => "payload_tracker_auditor",
            Self::Migrator => "payload_tracker_migrator",
        }
    }
}
