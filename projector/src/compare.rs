//! Comparing: what two generations tell differently, by kind, with examples.

mod difference;
mod motion;
mod sum;
mod table;

use runtime::database::{Pool, Transaction};
use schema::{GenerationId, LOG_LOCK};
use serde::Serialize;

use self::difference::Pair;
use self::motion::Motion;
use self::table::Table;
use crate::progress::Progress;
use crate::snapshot::snapshot;
use crate::{Generation, ProjectError, retired};

/// What two generations tell differently.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The one that there was.
    pub old: i32,
    /// The one that is new.
    pub new: i32,
    /// By table.
    pub tables: Vec<TableComparison>,
    /// Requests that weren't compared, for one of the two has folded more of their events than the other.
    pub in_motion: usize,
}

/// How two tables differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableComparison {
    /// Which.
    pub table: &'static str,
    /// Whether it was compared: both have it, with the same key.
    pub is_compared: bool,
    /// Columns that weren't compared: only one of the two has them, or they are of different types.
    pub uncompared: Vec<String>,
    /// Rows of the old one that the new one doesn't have.
    pub gone: i64,
    /// Rows that the old one didn't have.
    pub added: i64,
    /// Rows with other values, by the column that differs.
    pub changed: Vec<(String, i64)>,
    /// Some of all of these.
    pub examples: Vec<Difference>,
}

/// One row that isn't the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The values of its key.
    pub key: String,
    /// `gone`, `added`, or the columns that differ.
    pub what: String,
}

impl Comparison {
    /// Whether both tell the same. What couldn't be compared may be anything.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(TableComparison::is_same)
    }
}

impl TableComparison {
    fn of(table: &'static str) -> Self {
        let (uncompared, changed, examples) = (Vec::new(), Vec::new(), Vec::new());
        Self { table, is_compared: false, uncompared, gone: 0, added: 0, changed, examples }
    }

    /// Whether all of it was compared, and nothing differs.
    pub fn is_same(&self) -> bool {
        let is_whole = self.is_compared && self.uncompared.is_empty();
        is_whole && self.gone == 0 && self.added == 0 && self.changed.is_empty()
    }

    fn add_changed(&mut self, column: &str, rows: i64) {
        match self.changed.iter_mut().find(|(name, _)| name == column) {
            Some((_, count)) => *count += rows,
            None => self.changed.push((column.to_owned(), rows)),
        }
    }
}

/// Compares a generation with an older one, at one moment, column by column that both have, and notes what came of it. No more
/// than a few examples is ever in memory, however much differs.
///
/// # Errors
/// When the two are too far apart, and when the database fails.
pub async fn compare(
    pool: &Pool,
    old: GenerationId,
    new: Generation,
    progress: &Progress,
) -> Result<Comparison, ProjectError> {
    progress.begin("reading what is in motion", 0, 0);
    let mut log = pool.get().await?;
    let log = log.transaction().await?;
    // Before anything is seen: until what is in motion is known, no day can be taken away.
    log.execute("select pg_advisory_xact_lock_shared($1)", &[&LOG_LOCK]).await?;
    let mut client = pool.get().await?;
    let transaction = snapshot(&mut client).await?;
    for id in [old, new.id] {
        if retired::is_pending(&*transaction, id).await? {
            return Err(ProjectError::BehindHorizon(id));
        }
    }
    let motion = Motion::between(&transaction, &log, (old, new.id)).await?;
    refuse_motion(&transaction, &motion, (old, new.id)).await?;
    // Comparing takes long, and the log must be free for new days meanwhile.
    log.commit().await?;
    let pieces = Table::ALL.map(|table| (table.pieces(&motion), table));
    progress.begin("comparing", 0, pieces.iter().map(|(pieces, _)| pieces.len() as u64).sum());
    let mut tables = Vec::new();
    for (pieces, table) in &pieces {
        let pair = Pair { transaction: &transaction, table, old, new: new.id };
        let mut comparison = TableComparison::of(table.name);
        let columns = pair.columns(&mut comparison).await?;
        for piece in pieces {
            if comparison.is_compared {
                pair.compare(piece, &columns, &mut comparison).await?;
            }
            progress.add(1);
        }
        tables.push(comparison);
    }
    let comparison = Comparison { old: old.0, new: new.id.0, tables, in_motion: motion.count() };
    transaction.commit().await?;
    note(pool, &comparison).await?;
    Ok(comparison)
}

/// Few requests may all be in motion, as those of a quiet hour are.
const FEW: usize = 1_000;

/// What is in motion isn't compared, so it must not be most of all there is.
async fn refuse_motion(
    transaction: &Transaction<'_>,
    motion: &Motion,
    (old, new): (GenerationId, GenerationId),
) -> Result<(), ProjectError> {
    let sql = format!(
        "-- compare::count
        select coalesce(sum(count), 0)::bigint as count from {}.payload_counts where width = 0",
        new.schema()
    );
    let all: i64 = transaction.query_one(&sql, &[]).await?.get("count");
    let moving = motion.count();
    if moving > FEW && i64::try_from(2 * moving).is_ok_and(|twice| twice > all) {
        return Err(ProjectError::MostlyInMotion(old, new, moving));
    }
    Ok(())
}

/// Notes what came of it, for whoever is to show the new one to readers.
async fn note(pool: &Pool, comparison: &Comparison) -> Result<(), ProjectError> {
    let sql = "-- compare::note
        update generations
        set compared_with = $2, compared_at = now(), is_same = $3, accepted_at = null
        where id = $1";
    let client = pool.get().await?;
    match client.execute(sql, &[&comparison.new, &comparison.old, &comparison.is_empty()]).await? {
        0 => Err(ProjectError::GenerationGone),
        _ => Ok(()),
    }
}
