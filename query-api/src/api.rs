//! The API, wired up.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::future::join;
use runtime::database::{Pool, PoolOptions, Role};
use runtime::health::Health;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::client::Limiter;
use crate::graphql::{Hub, Sockets};
use crate::storage_broker::StorageBroker;
use crate::{ServeArgs, ServeError, graphql, metric, readiness, rest, server};

/// Answers REST and GraphQL from the read models.
#[derive(Debug)]
pub struct Api {
    /// How it is served.
    pub args: ServeArgs,
    /// Connections as made by [`pool_options`].
    pub pool: Pool,
    /// Connections as made by [`probe_pool_options`].
    pub probe: Pool,
    /// Connections as made by [`audit_pool_options`].
    pub audit: Pool,
    /// Woken when something became visible in the read models; what wakes nobody is found by looking.
    pub wake: watch::Receiver<()>,
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

/// The connections that are asked whether the database answers: whoever asks doesn't wait for what the API is asked.
pub fn probe_pool_options(args: &ServeArgs) -> PoolOptions {
    PoolOptions { application_name: "payload-tracker serve probe", max_size: 2, ..pool_options(args) }
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
        let (hub, sockets, limiter) = self.shared();
        self.routes(hub, sockets, limiter)
    }

    /// What all who ask have in common.
    fn shared(&self) -> (Arc<Hub>, Arc<Sockets>, Arc<Limiter>) {
        let limiter = Arc::new(Limiter::new(&self.args.traffic));
        let sockets = Sockets::new(&self.args, Arc::clone(&limiter));
        (Hub::new(self.pool.clone(), &self.args), sockets, limiter)
    }

    fn routes(
        &self,
        hub: Arc<Hub>,
        sockets: Arc<Sockets>,
        limiter: Arc<Limiter>,
    ) -> Result<Router, ServeError> {
        let args = &self.args;
        let routes = rest::router(rest::State {
            pool: self.pool.clone(),
            audit: self.audit.clone(),
            probe: self.probe.clone(),
            answer_timeout: args.traffic.answer_timeout(),
            max_page_size: args.max_page_size,
            public_port: args.public_port,
            access: args.access_policy,
            archive: Arc::new(args.archive.clone()),
            storage_broker: Arc::new(StorageBroker::new(&args.archive)?),
            kibana: Arc::new(args.kibana.clone()),
        });
        let routes = routes.merge(graphql::router(self.pool.clone(), args, hub, sockets));
        Ok(server::layers(routes, &args.traffic, limiter, args.archive.timeout()))
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
        let (hub, sockets, limiter) = self.shared();
        let routes = self.routes(Arc::clone(&hub), Arc::clone(&sockets), limiter)?;
        let close = async {
            stop.cancelled().await;
            sockets.close().await;
        };
        let serve = server::serve(listener, routes, &self.args.traffic, stop.clone());
        tokio::select! {
            ((), ()) = join(serve, close) => Ok(()),
            refused = readiness::watch(&self.probe, &part) => refused,
            never = hub.run(self.wake) => match never {},
        }
    }
}
