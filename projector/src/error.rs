//! What can go wrong, by what to do about it.

use runtime::database::{BuildError, PoolError};
use runtime::retry::{Classified, Retry};
use schema::{GenerationId, PROJECTION_VERSION, VersionError};
use thiserror::Error;
use tokio_postgres::error::SqlState;

/// Why the projection can't start or go on.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// A cursor isn't where the batch starts: another projector was faster, or an answer was lost. A re-read decides.
    #[error("a cursor has moved since the batch was read")]
    Moved,
    /// The step took too long; whether it landed is unknown, and the cursor will tell.
    #[error("the step timed out")]
    Timeout,
    /// What a batch can change is more than is held in memory at once.
    #[error("what the batch can change is too large to be held at once")]
    TooLarge,
    /// No connection was to be had.
    #[error("no database connection")]
    Pool(#[from] PoolError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// The pool couldn't be made: a setting is wrong.
    #[error("the database pool could not be made")]
    Build(#[from] BuildError),
    /// The database isn't ours to use.
    #[error("can't run on this database")]
    Schema(#[from] VersionError),
    /// The active generation is of another version of the projection.
    #[error(
        "the active read models are of projection version {0}, this build makes version {PROJECTION_VERSION}: let the payload-tracker that made them run on, and run `payload-tracker rebuild --activate` of this one"
    )]
    ProjectionVersion(i32),
    /// Somebody else is rebuilding.
    #[error("another rebuild is under way: wait for it, or stop it")]
    RebuildUnderWay,
    /// Two generations are too far apart to be compared.
    #[error(
        "generations {0} and {1} are {2} events apart: let `payload-tracker project` catch up with the log first"
    )]
    TooFarApart(GenerationId, GenerationId, i64),
    /// The generation isn't there, or isn't fit for what is asked.
    #[error("generation {0} {1}")]
    Unfit(GenerationId, &'static str),
    /// Retention took events of which the read models still hold something.
    #[error(
        "generation {0} hasn't left yet what retention took: let `payload-tracker project` run, and try again"
    )]
    BehindHorizon(GenerationId),
    /// A point of the log that there isn't.
    #[error("there is no event at offset {1} of stream {0}")]
    NoSuchEvent(i32, i64),
    /// There is no such generation, or none at all.
    #[error("there is no such generation: `payload-tracker generations` lists them")]
    NoGeneration,
    /// There is none to go back to.
    #[error("there is no previous generation to go back to")]
    NoPrevious,
    /// The generation that was being filled is gone.
    #[error("the generation of read models is gone")]
    GenerationGone,
}

impl ProjectError {
    /// Whether it may go better with less at once.
    pub(crate) fn is_too_much(&self) -> bool {
        match self {
            Self::Timeout | Self::TooLarge => true,
            Self::Database(error) => error.code() == Some(&SqlState::QUERY_CANCELED),
            _ => false,
        }
    }
}

impl Classified for ProjectError {
    fn retry(&self) -> Retry {
        match self {
            Self::Moved | Self::Timeout | Self::TooLarge => Retry::Later,
            Self::Pool(error) => error.retry(),
            Self::Database(error) | Self::Schema(VersionError::Database(error)) => error.retry(),
            Self::Build(_)
            | Self::Schema(_)
            | Self::ProjectionVersion(_)
            | Self::RebuildUnderWay
            | Self::TooFarApart(..)
            | Self::Unfit(..)
            | Self::NoGeneration
            | Self::NoPrevious
            | Self::BehindHorizon(_)
            | Self::NoSuchEvent(..)
            | Self::GenerationGone => Retry::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Pool(error) => error.class(),
            Self::Database(error) | Self::Schema(VersionError::Database(error)) => error.class(),
            _ => "other",
        }
    }
}
