//! Verifying the log: is it what was appended, and all of it?
//!
//! [`verify_log`] recomputes every chain, in parallel between its anchors. [`verify_coverage`] looks at offsets alone.

mod anchor;
mod coverage;
mod event;
mod finding;
mod hole;
mod lock;
mod log;
mod recorded;
mod segment;
mod segments;
mod snapshot;

pub use coverage::{Coverage, verify_coverage};
pub use event::ChainedRecord;
pub use finding::{Finding, What};
pub use log::{Known, LogCheck, Progress, verify_log};
pub use snapshot::ExportedHead;

pub(crate) use event::read_table;
pub(crate) use hole::{Gaps, Hole};
pub(crate) use lock::LOCK;
pub(crate) use segments::Segments;

use runtime::database::PoolError;
use runtime::retry::{Classified, Retry};
use schema::VersionError;
use thiserror::Error;

/// Why the log couldn't be verified. That it isn't what it should be is a [`Finding`], not an error.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// No connection was to be had.
    #[error("no database connection")]
    Pool(#[from] PoolError),
    /// The database failed.
    #[error("the event log could not be read")]
    Database(#[from] tokio_postgres::Error),
    /// The database isn't fit for this build.
    #[error("can't run on this database")]
    Schema(#[from] VersionError),
}

impl Classified for VerifyError {
    fn retry(&self) -> Retry {
        match self {
            Self::Pool(error) => error.retry(),
            Self::Database(error) | Self::Schema(VersionError::Database(error)) => error.retry(),
            Self::Schema(_) => Retry::Never,
        }
    }
}
