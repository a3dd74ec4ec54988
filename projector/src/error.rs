//! What can go wrong, by what to do about it.

use projection::{Mismatch, PointError};
use runtime::database::{BuildError, PoolError};
use runtime::retry::{Classified, Retry};
use schema::{GenerationId, PROJECTION_VERSION, RequestId, Unreadable, VersionError};
use thiserror::Error;
use tokio_postgres::Row;
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
    /// Rows of a table aren't where the projection left them. It waits: whoever put them right, it goes on.
    #[error(
        "rows of `{0}` aren't as the projection left them, so something else wrote to them: see `payload-tracker verify projection`, and make them anew by `payload-tracker rebuild --activate`"
    )]
    WrittenTo(&'static str),
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
        "the active read models are of projection version {0}, this build makes version {PROJECTION_VERSION}: `payload-tracker rebuild` of this build makes new ones, and `payload-tracker activate` shows them"
    )]
    ProjectionVersion(i32),
    /// Somebody else is rebuilding.
    #[error("another rebuild is under way: wait for it, or stop it")]
    RebuildUnderWay,
    /// Somebody else may be rebuilding: the connection that kept them out is gone.
    #[error(
        "the connection that keeps other rebuilds out was lost: run `payload-tracker rebuild` again, and it goes on where it was"
    )]
    LockLost(#[source] tokio_postgres::Error),
    /// Two generations are too far apart to be compared.
    #[error(
        "generations {0} and {1} are more than {2} events apart: let `payload-tracker project` catch up with the log, and run `payload-tracker rebuild` again, which goes on with generation {1}. `payload-tracker activate {1} --accept-differences` shows it uncompared"
    )]
    TooFarApart(GenerationId, GenerationId, i64),
    /// So many requests are of events that only one of two generations has folded that comparing the rest proves little.
    #[error(
        "{2} requests, more than half, have events that only one of generations {0} and {1} has folded: let `payload-tracker project` catch up with the log, and run `payload-tracker rebuild` again, which goes on with generation {1}"
    )]
    MostlyInMotion(GenerationId, GenerationId, usize),
    /// The generation isn't there, or isn't fit for what is asked.
    #[error("generation {0} {1}")]
    Unfit(GenerationId, &'static str),
    /// Somebody is to look first: nobody knows what it tells differently.
    #[error(
        "generation {0} was never compared with generation {1}, which readers see: `payload-tracker rebuild` compares the newest one that they never saw, and `payload-tracker activate {0} --accept-differences` shows it whatever it tells"
    )]
    NotCompared(GenerationId, GenerationId),
    /// Somebody is to say that it is right.
    #[error(
        "generation {0} differs from generation {1}, which readers see: `payload-tracker rebuild` tells in what, and `payload-tracker activate {0} --accept-differences` shows it all the same"
    )]
    Differs(GenerationId, GenerationId),
    /// Retention took events of which the read models still hold something.
    #[error(
        "generation {0} still holds what retention took: let `payload-tracker project` of its version run, which takes it out once it has caught up, and try again"
    )]
    BehindHorizon(GenerationId),
    /// A row of the read models holds what can't be read.
    #[error(
        "a row of the read models can't be read ({0}); `payload-tracker verify projection` names all that is damaged, and `payload-tracker rebuild` makes read models anew from the log"
    )]
    Damaged(Mismatch),
    /// Somebody's policy may hide rows from whoever is to check them.
    #[error("a policy on {0} may hide rows, so nothing can be proved; find who made it, and drop it")]
    Hidden(String),
    /// A request is too long to be held in memory.
    #[error(
        "the messages of {0} take more than {1} MiB: give them more with --max-mib, or see `statuses`; `payload-tracker verify projection` checks them row by row"
    )]
    TooLong(RequestId, usize),
    /// Nothing can be told of a point of the log.
    #[error(transparent)]
    Point(#[from] PointError),
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
    /// A row of a request can't be read.
    pub(crate) fn unreadable(table: &'static str, row: &Row, Unreadable(column): Unreadable) -> Self {
        let key = row.try_get("request_id").unwrap_or_else(|_| "(unreadable)".to_owned());
        Self::Damaged(Mismatch { table, key, what: format!("can't be read: {column}") })
    }

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
            // What is damaged is one generation's: the others go on.
            Self::Moved | Self::Timeout | Self::TooLarge | Self::WrittenTo(_) | Self::Damaged(_) => {
                Retry::Later
            }
            Self::Pool(error) => error.retry(),
            Self::Database(error) | Self::Schema(VersionError::Database(error)) => error.retry(),
            Self::Build(_)
            | Self::Schema(_)
            | Self::ProjectionVersion(_)
            | Self::RebuildUnderWay
            | Self::LockLost(_)
            | Self::TooFarApart(..)
            | Self::MostlyInMotion(..)
            | Self::Unfit(..)
            | Self::NotCompared(..)
            | Self::Differs(..)
            | Self::NoGeneration
            | Self::NoPrevious
            | Self::BehindHorizon(_)
            | Self::Hidden(_)
            | Self::TooLong(..)
            | Self::Point(_)
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
