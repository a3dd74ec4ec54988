//! Hints: something happened, come and look. Who misses one finds it by looking all the same.

use std::convert::Infallible;
use std::future::poll_fn;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::AsyncMessage;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{CONNECT_TIMEOUT, DatabaseArgs, PoolError, SslError};

/// Between two attempts to listen.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a hint may take.
const HINT_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug, Error)]
enum ListenError {
    #[error("no connection")]
    Ssl(#[from] SslError),
    #[error("no connection in time")]
    Timeout,
    #[error("the connection was lost")]
    Database(#[from] tokio_postgres::Error),
    #[error("the connection ended")]
    Ended,
}

#[derive(Debug, Error)]
enum HintError {
    #[error("no connection")]
    Pool(#[from] PoolError),
    #[error("the database refused")]
    Database(#[from] tokio_postgres::Error),
}

impl DatabaseArgs {
    /// Sends to `wake` at each hint on `channel`, and whenever some may have been missed. Ends with `stop` only.
    ///
    /// # Errors
    /// None: a connection that is lost is made anew.
    pub async fn listen(
        self,
        application_name: &'static str,
        channel: &'static str,
        wake: watch::Sender<()>,
        stop: CancellationToken,
    ) -> Result<(), Infallible> {
        let listen = async {
            let mut is_told = false;
            loop {
                let error = self.listen_once(application_name, channel, (&wake, &mut is_told)).await;
                if !std::mem::replace(&mut is_told, true) {
                    warn!(channel, error = %error, "no hints until the database is back; looking at intervals goes on");
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = listen => {}
            () = stop.cancelled() => {}
        }
        Ok(())
    }

    async fn listen_once(
        &self,
        application_name: &str,
        channel: &str,
        told: (&watch::Sender<()>, &mut bool),
    ) -> ListenError {
        match self.try_listen(application_name, channel, told).await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn try_listen(
        &self,
        application_name: &str,
        channel: &str,
        (wake, is_told): (&watch::Sender<()>, &mut bool),
    ) -> Result<Infallible, ListenError> {
        let (config, connector) = (self.config(application_name), self.ssl.connector()?);
        let connected = timeout(CONNECT_TIMEOUT, config.connect(connector)).await;
        let (client, mut connection) = connected.map_err(|_| ListenError::Timeout)??;
        let receive = async {
            loop {
                match poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(_))) => wake.send_replace(()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(ListenError::Database(error)),
                    None => return Err(ListenError::Ended),
                }
            }
        };
        let listen = async {
            client.batch_execute(&format!("listen {channel}")).await?;
            debug!(channel, "listening");
            *is_told = false;
            // What came before is found by looking.
            wake.send_replace(());
            Ok(())
        };
        // The connection works only while it is polled, and ends when its client goes.
        let ((), never) = tokio::try_join!(listen, receive)?;
        Ok(never)
    }
}

/// Tells whoever listens on `channel` that there is something to see.
///
/// After the commit, never in its transaction, for a transaction that notifies queues behind all others that do. That it fails
/// changes nothing but how soon it is seen.
pub async fn hint(pool: &Pool, channel: &'static str) {
    let send = async {
        let client = pool.get().await?;
        // Nothing is lost with a hint, so there is nothing to flush.
        let sql = format!("begin; set local synchronous_commit = off; notify {channel}; commit");
        let sent = client.batch_execute(&sql).await;
        if sent.is_err() {
            // It may be in the middle of a transaction: don't hand it out again.
            drop(Object::take(client));
        }
        sent.map_err(HintError::from)
    };
    match timeout(HINT_TIMEOUT, send).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(channel, error = %error, "no hint"),
        Err(_) => debug!(channel, "no hint in time"),
    }
}
