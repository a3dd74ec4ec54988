//! The API, wired up.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use runtime::database::{Pool, PoolOptions, Role, is_role_missing};
use runtime::health::{Health, Part};
use runtime::retry::{chain, retry_transient};
use schema::{VersionError, check_version};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::access::Viewer;
use crate::error::QueryError;
use crate::queries::{Connection, Snapshot};
use crate::storage_broker::StorageBroker;
use crate::{ServeArgs, ServeError, graphql, metric, rest, server};

/// How often readiness is looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Answers REST and GraphQL from the read models.
#[derive(Debug)]
pub struct Api {
    /// How it is served.
    pub args: ServeArgs,
    /// Connections as made by [`pool_options`].
    pub pool: Pool,
    /// Connections as made by [`audit_pool_options`].
    pub audit: Pool,
}

/// The connections that the API needs: read-only, and the server stops a statement before its client gives up.
pub fn pool_options(args: &ServeArgs) -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker serve",
        role: Role::Reader,
        max_size: args.connections as usize,
        statement_timeout: Duration::from_secs(5),
        is_read_only: true,
    }
}

/// The connections that write down who asks for links to archives, and can do nothing else.
pub fn audit_pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker serve audit",
        role: Role::Recorder,
        max_size: 2,
        statement_timeout: Duration::from_secs(5),
        is_read_only: false,
    }
}

impl Api {
    /// Every route, without a listener: what tests call.
    ///
    /// # Errors
    /// When what others are asked with can't be set up.
    pub fn router(&self) -> Result<Router, ServeError> {
        let args = &self.args;
        let routes = rest::router(rest::State {
            pool: self.pool.clone(),
            audit: self.audit.clone(),
            max_page_size: args.max_page_size,
            public_port: args.public_port,
            access: args.access_policy,
            archive: Arc::new(args.archive.clone()),
            storage_broker: Arc::new(StorageBroker::new(&args.archive)?),
            kibana: Arc::new(args.kibana.clone()),
        });
        let routes = routes.merge(graphql::router(self.pool.clone(), args.max_page_size, args.access_policy));
        Ok(server::layers(routes, &args.traffic))
    }

    /// Serves until `stop`, and then finishes what it is answering. While the database is away it answers 503.
    ///
    /// # Errors
    /// When somebody must act: the database isn't fit for this build, or the listener fails.
    pub async fn run(
        self,
        listener: TcpListener,
        health: Health,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        metric::describe();
        let part = health.part("api");
        let serve = server::serve(listener, self.router()?, self.args.traffic.client_timeout(), stop);
        tokio::select! {
            () = serve => Ok(()),
            refused = watch(&self.pool, &part) => refused,
        }
    }
}

/// Keeps readiness true, for as long as it is polled. Ends only when the database isn't fit.
async fn watch(pool: &Pool, part: &Part) -> Result<(), ServeError> {
    retry_transient("check the schema version", part, || check(pool)).await?;
    loop {
        match look(pool).await {
            Ok(()) => part.ready(),
            Err(error) => part.not_ready(chain(&error)),
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

async fn look(pool: &Pool) -> Result<(), QueryError> {
    let mut connection = Connection::take(pool).await?;
    Snapshot::begin(&mut connection, Viewer::All).await.map(drop)
}

async fn check(pool: &Pool) -> Result<(), ServeError> {
    match pool.get().await {
        Ok(client) => Ok(check_version(&**client).await?),
        Err(error) if is_role_missing(&error) => Err(VersionError::Missing.into()),
        Err(error) => Err(error.into()),
    }
}
