//! Retention: whole days leave the log, each written to a file first where a folder is given, and each leaving behind what the
//! chain came to.

mod day;
mod folded;
mod run;
mod stub;

use std::path::Path;

use runtime::database::{Object, Pool, PoolError, PoolOptions, Role};
use runtime::health::Health;
use runtime::retry::{Classified, Retry, retry_transient};
use thiserror::Error;
use tracing::info;

pub use self::day::{EventDay, drain_default, list_due};
use self::run::Runs;
use crate::archive::{ArchiveError, Line, Writer, Written};
use crate::verify::{Finding, LOCK, Progress, Segments, VerifyError};

/// Why a day wasn't retired. It is then still there, whole.
#[derive(Debug, Error)]
pub enum RetainError {
    /// No connection was to be had.
    #[error("no database connection")]
    Pool(#[from] PoolError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// The archive couldn't be written.
    #[error("the archive could not be written")]
    Archive(#[from] ArchiveError),
    /// The day's events couldn't be verified.
    #[error("the day could not be verified")]
    Verify(#[from] VerifyError),
    /// The day's events aren't what was appended. Retiring it would destroy the evidence.
    #[error("the day is not what was appended, so it stays: {0}")]
    Tampered(Finding),
    /// The read models don't hold the day yet.
    #[error(
        "{missing} events of the day are not in the read models yet, so it stays: wait for `payload-tracker project` to catch up"
    )]
    NotFolded {
        /// How many, at least.
        missing: i64,
    },
    /// Events of the day lie among events of later days. Retiring it would take out what was moved there.
    #[error(
        "from offset {offset} on, the day has events among those of later days, so it stays until these go: they were moved there, \
         or the clock went back; `payload-tracker verify log` names the stream"
    )]
    OutOfOrder {
        /// The first of them.
        offset: i64,
    },
    /// Events came into the day while it was archived.
    #[error("events came into the day while it was read, so it stays: run `payload-tracker retain` again")]
    Changed,
    /// Somebody verifies or retires at this moment.
    #[error("a `verify log` or another `retain` is running: try again when it is done")]
    Busy,
}

/// A day that is gone.
#[derive(Clone, Debug)]
pub struct Retired {
    /// How many events it had.
    pub events: u64,
    /// Its archive, where a folder was given.
    pub archive: Option<Written>,
}

/// The connections that retiring needs: one that reads a day, one that looks elsewhere meanwhile, one that holds the lock.
pub fn pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker retain",
        role: Role::Migrator,
        max_size: 4,
        statement_timeout: std::time::Duration::from_secs(3_600),
        is_read_only: false,
    }
}

/// Retires a day: verifies it, archives it, and takes it out of the log in one transaction.
///
/// # Errors
/// The day is whole and in the log after each, with or without a finished archive of it.
pub async fn retire(
    pool: &Pool,
    day: &EventDay,
    folder: Option<&Path>,
    progress: &Progress,
) -> Result<Retired, RetainError> {
    let client = pool.get().await?;
    let locked = client.query_one("select pg_try_advisory_lock($1) as locked", &[&LOCK]).await?;
    if !locked.get::<_, bool>("locked") {
        return Err(RetainError::Busy);
    }
    let retired = retire_locked(pool, &client, day, folder, progress).await;
    // The lock ends with its connection, whatever became of that.
    drop(Object::take(client));
    retired
}

async fn retire_locked(
    pool: &Pool,
    client: &Object,
    day: &EventDay,
    folder: Option<&Path>,
    progress: &Progress,
) -> Result<Retired, RetainError> {
    folded::check(client, day).await?;
    let spans = day::list_spans(client, day).await?;
    let segments = Segments::of(&mut pool.get().await?).await?;
    let mut writer = folder.map(|folder| Writer::create(folder, day.day)).transpose()?;
    let mut ranges = Vec::new();
    for span in &spans {
        if let Some(finding) = segments.verify(pool, span.stream, span.from_offset, span.to_offset).await? {
            return Err(RetainError::Tampered(finding));
        }
        let mut runs = Runs::of(pool, day, &segments, span.stream, progress).await?;
        while let Some(range) = runs.next(&mut writer).await? {
            if day::is_out_of_order(client, day, &range).await? {
                return Err(RetainError::OutOfOrder { offset: range.from_offset });
            }
            ranges.push(range);
        }
    }
    let archive = writer.map(Writer::finish).transpose()?;
    let part = Health::default().part("retention");
    let replaced = retry_transient("take the day out of the log", &part, || {
        stub::replace(pool, day, &ranges, archive.as_ref())
    })
    .await;
    if let (Err(RetainError::Changed), Some(archive)) = (&replaced, &archive) {
        // Nothing refers to it, and the next one will hold all of it.
        archive.set_aside()?;
    }
    replaced?;
    let events = ranges.iter().map(|range| range.event_count.unsigned_abs()).sum();
    info!(day = %day.day, events, "retired");
    Ok(Retired { events, archive })
}

impl Classified for RetainError {
    fn retry(&self) -> Retry {
        match self {
            Self::Pool(error) => error.retry(),
            Self::Database(error) => error.retry(),
            _ => Retry::Never,
        }
    }
}

/// Writes a line where there is an archive.
fn write(writer: &mut Option<Writer>, line: impl FnOnce() -> Line) -> Result<(), ArchiveError> {
    writer.as_mut().map_or(Ok(()), |writer| writer.write(&line()))
}
