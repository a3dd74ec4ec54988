//! Copying out: many rows, the way that costs PostgreSQL and us the least.

use std::pin::Pin;

use futures_util::TryStreamExt as _;
use postgres_types::{FromSql, Type};
use tokio_postgres::Transaction;
use tokio_postgres::binary_copy::{BinaryCopyOutRow, BinaryCopyOutStream};

use crate::ProjectError;

/// The rows of a query, one after the other.
pub(crate) struct CopyOut {
    rows: Pin<Box<BinaryCopyOutStream>>,
}

/// A row. Its columns go by their place.
pub(crate) struct CopiedRow(BinaryCopyOutRow);

impl CopyOut {
    /// Runs a query whose columns are of these types. It can have no parameters: see [`literal`].
    pub(crate) async fn start(
        transaction: &Transaction<'_>,
        query: &str,
        kinds: &[Type],
    ) -> Result<Self, ProjectError> {
        let stream = transaction.copy_out(&format!("copy ({query}) to stdout (format binary)")).await?;
        Ok(Self { rows: Box::pin(BinaryCopyOutStream::new(stream, kinds)) })
    }

    pub(crate) async fn next(&mut self) -> Result<Option<CopiedRow>, ProjectError> {
        Ok(self.rows.try_next().await?.map(CopiedRow))
    }
}

impl CopiedRow {
    /// The value of a column. Panics where the query and the types don't agree, which is a mistake of ours.
    pub(crate) fn get<'a, T: FromSql<'a>>(&'a self, column: usize) -> T {
        self.0.get(column)
    }
}

/// A text as a part of a query.
pub(crate) fn literal(text: &str) -> String {
    postgres_protocol::escape::escape_literal(text)
}
