//! One connection, for what needs no pool.

use thiserror::Error;
use tokio::time::timeout;
use tokio_postgres::Client;
use tracing::warn;

use super::{BuildError, CONNECT_TIMEOUT, DatabaseArgs, SslError};

/// Why PostgreSQL can't be reached, or not even tried.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// TLS can't be set up.
    #[error(transparent)]
    Ssl(#[from] SslError),
    /// The pool's settings contradict each other.
    #[error("the database pool could not be made")]
    Pool(#[from] BuildError),
    /// It refuses, or nobody answers.
    #[error("can't connect to {server}")]
    Refused {
        /// Host, port and user.
        server: String,
        /// Its reason.
        source: tokio_postgres::Error,
    },
    /// It takes too long to answer.
    #[error("can't connect to {0}: it doesn't answer")]
    Timeout(String),
}

impl DatabaseArgs {
    /// Connects as the configured user itself, without a role and without time-outs. The connection ends with its client.
    ///
    /// # Errors
    /// When PostgreSQL refuses or doesn't answer in time, or isn't who it should be.
    pub async fn connect(&self, application_name: &str) -> Result<Client, ConnectError> {
        let server = || format!("{}:{} as {}", self.host(), self.port, self.user);
        let (config, connector) = (self.config(application_name), self.ssl.connector()?);
        // The driver's own limit is over when TCP is connected.
        let connected = timeout(CONNECT_TIMEOUT, config.connect(connector)).await;
        let (client, connection) = connected
            .map_err(|_| ConnectError::Timeout(server()))?
            .map_err(|source| ConnectError::Refused { server: server(), source })?;
        #[expect(clippy::disallowed_methods, reason = "it ends with its client")]
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                warn!(error = %error, "the connection to the database was lost");
            }
        });
        Ok(client)
    }
}
