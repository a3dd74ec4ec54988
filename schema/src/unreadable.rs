//! Rows that can't be read: what stands in them wasn't written by this projection.

use thiserror::Error;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

/// The column of a row of the read models that can't be read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("`{0}` of a row can't be read")]
pub struct Unreadable(pub &'static str);

/// What stands in a column of this name.
///
/// # Errors
/// Which column is damaged.
pub fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &'static str) -> Result<T, Unreadable> {
    row.try_get(name).map_err(|_| Unreadable(name))
}
