//! Replaying: archived days loaded into a database of their own, for an audit.

mod event;
mod load;
mod stream;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use runtime::database::{Object, Pool, PoolError, PoolOptions, Role, Transaction};
use thiserror::Error;

use self::load::{Load, Loaded, Waiting};
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

/// Loads archives, each verified on the way: streams, events with their ids and times, gaps and seals. Gives how many events.
///
/// Each is loaded in one transaction. Where the clock went back over midnight, a day holds runs that follow those of a later day: then
/// both are loaded in one.
///
/// # Errors
/// After any, the file that failed isn't loaded, nor those that waited for one another with it.
pub async fn replay(pool: &Pool, files: &[PathBuf], progress: &Progress) -> Result<u64, ReplayError> {
    let mut client: Object = pool.get().await?;
    let (mut files, mut events) = (files.iter().peekable(), 0);
    while files.peek().is_some() {
        let transaction = client.transaction().await?;
        refuse_live(&transaction).await?;
        events += replay_group(&transaction, &mut files, progress).await?;
        transaction.commit().await?;
    }
    Ok(events)
}

/// Loads the next file, and as many more as its runs wait for.
async fn replay_group(
    transaction: &Transaction<'_>,
    files: &mut impl Iterator<Item = &PathBuf>,
    progress: &Progress,
) -> Result<u64, ReplayError> {
    let (mut events, mut waiting) = (0, Vec::new());
    for file in files {
        let loaded = load(transaction, file, None, progress).await?;
        events += loaded.events;
        waiting.push((file, loaded.waiting));
        // What came with it may be what others wait for.
        let mut has_moved = true;
        while std::mem::take(&mut has_moved) {
            for (file, runs) in waiting.iter_mut().filter(|(_, runs)| !runs.is_empty()) {
                let loaded = load(transaction, file, Some(runs), progress).await?;
                events += loaded.events;
                has_moved |= loaded.waiting.len() < runs.len();
                *runs = loaded.waiting;
            }
        }
        waiting.retain(|(_, runs)| !runs.is_empty());
        if waiting.is_empty() {
            return Ok(events);
        }
    }
    let missing = waiting.into_iter().find_map(|(_, runs)| runs.into_values().next());
    missing.map_or(Ok(events), Err)
}

async fn load(
    transaction: &Transaction<'_>,
    file: &Path,
    only: Option<&Waiting>,
    progress: &Progress,
) -> Result<Loaded, ReplayError> {
    let mut load = Load::of(transaction, only, progress);
    for line in Reader::open(file)? {
        load.line(line?).await?;
    }
    Ok(load.end())
}

/// A database that a consumer appends to is no place for an audit.
async fn refuse_live(transaction: &Transaction<'_>) -> Result<(), ReplayError> {
    let sql = "-- replay::refuse_live
        select exists (select from streams where owner_epoch > 0) as is_live";
    let is_live: bool = transaction.query_one(sql, &[]).await?.get("is_live");
    if is_live { Err(ReplayError::NotForReplay) } else { Ok(()) }
}
