//! Comparing: what two generations tell differently, by kind, with examples.

mod motion;
mod query;

use runtime::database::{Pool, Transaction};
use schema::GenerationId;
use serde::Serialize;
use tokio_postgres::IsolationLevel;

use self::motion::Motion;
use self::query::Compared;
use crate::progress::Progress;
use crate::{Generation, ProjectError, horizon};

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
    /// Whether both tell the same.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|table| table.gone == 0 && table.added == 0 && table.changed.is_empty())
    }
}

/// Compares a generation with an older one, at one moment, column by column that both have.
///
/// # Errors
/// When the two are too far apart, and when the database fails.
pub async fn compare(
    pool: &Pool,
    old: GenerationId,
    new: Generation,
    progress: &Progress,
) -> Result<Comparison, ProjectError> {
    let mut client = pool.get().await?;
    let transaction: Transaction<'_> = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    for id in [old, new.id] {
        if horizon::is_pending(&*transaction, id).await? {
            return Err(ProjectError::BehindHorizon(id));
        }
    }
    let motion = Motion::between(&transaction, old, new).await?;
    progress.begin("comparing", 0, Compared::ALL.len() as u64);
    let mut tables = Vec::new();
    for compared in &Compared::ALL {
        tables.push(compared.compare(&transaction, old, new.id, &motion).await?);
        progress.add(1);
    }
    Ok(Comparison { old: old.0, new: new.id.0, tables, in_motion: motion.request_ids.len() })
}
