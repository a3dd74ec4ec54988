//! What can go wrong, by what to do about it.

use rdkafka::error::KafkaError;
use runtime::database::{BuildError, PoolError};
use runtime::retry::{Classified, Retry};
use schema::VersionError;
use thiserror::Error;

use crate::BrokerError;

/// Why a batch wasn't appended.
#[derive(Debug, Error)]
pub enum AppendError {
    /// A stream isn't where the batch starts: somebody else appended, or an append of ours landed whose answer was lost.
    /// Only a re-read can tell.
    #[error("a stream has moved since the batch was read")]
    Moved,
    /// No connection was to be had.
    #[error("no database connection")]
    Pool(#[from] PoolError),
    /// The database failed; for a commit, whether it landed is unknown.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// The transaction took too long; whether it landed is unknown.
    #[error("the append timed out")]
    Timeout,
}

/// Why ingestion can't start or go on.
#[derive(Debug, Error)]
pub enum IngestError {
    /// Settings of the way to Kafka can't work together.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A setting is wrong, or another member took over our name.
    #[error("the Kafka consumer failed for good")]
    Consumer(#[from] KafkaError),
    /// The pool couldn't be made: a setting is wrong.
    #[error("the database pool could not be made")]
    Pool(#[from] BuildError),
    /// The database isn't ours to use.
    #[error("can't run on this database")]
    Schema(#[from] VersionError),
    /// The database refuses, and will go on refusing.
    #[error("events can't be appended")]
    Append(#[from] AppendError),
    /// A record can't be had in full, and is not appended in part.
    #[error(
        "partition {partition}, offset {offset}: the record has more than 100,000 headers, which can't be read. \
         Delete the partition's records up to and with it (kafka-delete-records): they become a recorded gap"
    )]
    Unreadable {
        /// Where it is.
        partition: i32,
        /// Where it is.
        offset: i64,
    },
    /// The consumer's thread ended by itself.
    #[error("the consumer thread ended unexpectedly")]
    Thread,
}

impl Classified for AppendError {
    fn retry(&self) -> Retry {
        match self {
            Self::Moved => Retry::Never,
            Self::Pool(error) => error.retry(),
            Self::Database(error) => error.retry(),
            Self::Timeout => Retry::Later,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Pool(error) => error.class(),
            Self::Database(error) => error.class(),
            Self::Timeout => "timeout",
        }
    }
}

impl Classified for IngestError {
    fn retry(&self) -> Retry {
        match self {
            Self::Schema(VersionError::Database(error)) => error.retry(),
            Self::Append(error) => error.retry(),
            Self::Broker(_)
            | Self::Consumer(_)
            | Self::Pool(_)
            | Self::Schema(_)
            | Self::Unreadable { .. }
            | Self::Thread => Retry::Never,
        }
    }
}
