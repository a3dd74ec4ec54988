//! The allowance of a batch: how much of what is stored it may load.
//!
//! A batch is bounded by the bytes of its events, but each may be of a request whose attributes and names take megabytes.

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Transaction;
use schema::Unreadable;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use crate::ProjectError;

/// Ten times what the largest batch of usual events loads.
const MOST: usize = 32 << 20;

/// Reads a row.
type FromRow<T> = fn(&Row) -> Result<T, Unreadable>;

/// Bytes that may still be loaded.
#[derive(Debug)]
pub(super) struct Allowance(usize);

impl Allowance {
    /// That of a batch of so many statuses. A single one loads a row of each table, and must always find its way.
    pub(super) fn of(statuses: usize) -> Self {
        Self(if statuses > 1 { MOST } else { usize::MAX })
    }

    /// The rows of a query on a table.
    ///
    /// # Errors
    /// [`ProjectError::TooLarge`] as soon as they are too much, [`ProjectError::Damaged`] where one can't be read.
    pub(super) async fn list<T>(
        &mut self,
        transaction: &Transaction<'_>,
        statement: &Statement,
        parameters: &[&(dyn ToSql + Sync)],
        (table, from_row): (&'static str, FromRow<T>),
    ) -> Result<Vec<T>, ProjectError> {
        let rows = transaction.query_raw(statement, parameters.iter().copied()).await?;
        pin_mut!(rows);
        let mut list = Vec::new();
        while let Some(row) = rows.try_next().await? {
            self.0 = self.0.checked_sub(row.raw_size_bytes()).ok_or(ProjectError::TooLarge)?;
            let read = from_row(&row);
            list.push(read.map_err(|column| ProjectError::unreadable(table, &row, column))?);
        }
        Ok(list)
    }
}
