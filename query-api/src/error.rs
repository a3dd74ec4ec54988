//! What can go wrong: for the process, and for one request.

use std::error::Error;
use std::sync::Arc;

use axum::http::HeaderValue;
use projection::PointError;
use runtime::database::PoolError;
use runtime::retry::{Classified, Retry};
use schema::{PROJECTION_VERSION, Unreadable, VersionError};
use thiserror::Error;
use tokio::time::error::Elapsed;

/// When to try again after a 503, in seconds.
pub(crate) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Why the API can't be served.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The database isn't ours to use.
    #[error("can't run on this database")]
    Schema(#[from] VersionError),
    /// No connection was to be had.
    #[error("no database connection")]
    Pool(#[from] PoolError),
    /// The database doesn't answer, and doesn't say why.
    #[error("the database stands still")]
    Silent(#[from] Elapsed),
    /// Nobody could be asked over TLS.
    #[error("TLS can't be set up")]
    Tls(#[from] rustls::Error),
}

impl Classified for ServeError {
    fn retry(&self) -> Retry {
        match self {
            Self::Schema(VersionError::Database(error)) => error.retry(),
            Self::Pool(error) => error.retry(),
            Self::Silent(_) => Retry::Later,
            Self::Schema(_) | Self::Tls(_) => Retry::Never,
        }
    }
}

/// Why the read models can't be asked. Every one of these is a 503: none is the client's fault, and none means that
/// something isn't there.
#[derive(Debug, Error)]
pub(crate) enum QueryError {
    #[error("no database connection")]
    Pool(#[from] PoolError),
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    #[error("the database stands still")]
    Silent(#[from] Elapsed),
    #[error("the client took its answer too slowly")]
    Slow,
    #[error("the read models are damaged: see `payload-tracker verify projection`")]
    Damaged(#[from] Unreadable),
    #[error("there are no read models yet: is `payload-tracker project` running?")]
    NoGeneration,
    #[error("the read models are of projection version {0}, this build reads version {PROJECTION_VERSION}")]
    ProjectionVersion(i32),
}

/// So much of the log may be read for one request.
pub(crate) const LOG_MIB: usize = 8;

/// Why a request failed, for the log alone.
#[derive(Clone, Debug)]
pub(crate) struct Cause(pub(crate) Arc<dyn Error + Send + Sync>);

/// More requests than a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    /// In a minute.
    pub(crate) most: u32,
    /// Until the next one is answered.
    pub(crate) wait_seconds: u64,
}

/// What a client is told, over REST and GraphQL alike. It never holds SQL, nor the cause.
#[derive(Clone, Debug, Error)]
pub(crate) enum ApiError {
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    Unauthorized(String),
    #[error("You do not have the required permissions to access this resource")]
    Forbidden,
    #[error("{0}")]
    NotFound(String),
    #[error(
        "what is asked of the log takes more than {LOG_MIB} MiB: ask for fewer events or payloads at once, or page through `statuses`; `payload-tracker explain` takes more"
    )]
    LogLimit,
    #[error(
        "more than 200,000 messages of what is asked for would have to be looked through to tell what there was: ask for fewer \
        payloads, or for one as it is"
    )]
    TooMuchToPass,
    #[error(transparent)]
    Point(#[from] PointError),
    #[error("the URL is too long")]
    TooLong,
    #[error("the body is too large")]
    TooLarge,
    #[error("no more than {} requests a minute, try again later", .0.most)]
    TooManyRequests(Excess),
    #[error("only GET is allowed here")]
    MethodNotAllowed,
    #[error("the service can't answer right now, try again")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    #[error("a service that this one asks gave no usable answer")]
    BadGateway(#[source] Arc<dyn Error + Send + Sync>),
    #[error("an error of the service's own; it is logged")]
    Internal,
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}
