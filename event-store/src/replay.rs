//! Replaying: archived days loaded into a database of their own, for an audit.

mod event;
mod load;
mod stream;

use std::path::Path;

use chrono::NaiveDate;
use runtime::database::{Object, Pool, PoolError, PoolOptions, Role, Transaction};
use thiserror::Error;

use self::load::Load;
use crate::AppendError;
use crate::archive::{ArchiveError, Header, Line, Reader};
use crate::verify::Progress;

/// Why an archive wasn't loaded. Nothing of it is then in the database.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// No connection was to be had.
    #[error("no database connection")]
    Pool(#[from] PoolError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// The gaps could not be written.
    #[error("the database failed")]
    Append(#[from] AppendError),
    /// The file isn't what was archived.
    #[error("the archive can't be used")]
    Archive(#[from] ArchiveError),
    /// It doesn't follow what was loaded before.
    #[error(
        "{topic} partition {partition} lineage {lineage}: the archive goes on at offset {from_offset}, the database stands at \
         {next_offset} or elsewhere in the chain: load every day once and none between left out"
    )]
    NotNext {
        /// The topic of the stream.
        topic: String,
        /// Its partition.
        partition: i32,
        /// Its lineage.
        lineage: i32,
        /// Where the archive goes on.
        from_offset: i64,
        /// Where the database stands.
        next_offset: i64,
    },
    /// The database is somebody's.
    #[error(
        "the database holds events that no archive brought: replay into a database of its own (--db-name)"
    )]
    NotForReplay,
}

/// The connections that replaying needs.
pub fn pool_options() -> PoolOptions {
    PoolOptions {
        application_name: "payload-tracker replay",
        role: Role::Migrator,
        max_size: 1,
        statement_timeout: std::time::Duration::from_secs(3_600),
        is_read_only: false,
    }
}

/// The day of an archive.
///
/// # Errors
/// When the file isn't one.
pub fn day_of(file: &Path) -> Result<NaiveDate, ArchiveError> {
    match Reader::open(file)?.next().transpose()? {
        Some(Line::Archive(Header { day, .. })) => Ok(day),
        _ => unreachable!("the reader refuses an archive without a header"),
    }
}

/// Loads an archive in one transaction, verified on the way: streams, events with their ids and times, gaps and seals.
///
/// # Errors
/// Nothing is loaded after any.
pub async fn replay(pool: &Pool, file: &Path, progress: &Progress) -> Result<u64, ReplayError> {
    let mut client: Object = pool.get().await?;
    let transaction = client.transaction().await?;
    refuse_live(&transaction).await?;
    let mut load = Load::of(&transaction, progress);
    for line in Reader::open(file)? {
        load.line(line?).await?;
    }
    let events = load.events();
    transaction.commit().await?;
    Ok(events)
}

/// A database that a consumer appends to is no place for an audit.
async fn refuse_live(transaction: &Transaction<'_>) -> Result<(), ReplayError> {
    let sql = "-- replay::refuse_live
        select exists (select from streams where owner_epoch > 0) as is_live";
    let is_live: bool = transaction.query_one(sql, &[]).await?.get("is_live");
    if is_live { Err(ReplayError::NotForReplay) } else { Ok(()) }
}
