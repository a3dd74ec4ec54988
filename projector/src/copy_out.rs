//! Copying out: many rows, the way that costs PostgreSQL and us the least.

use std::error::Error;
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
    /// Runs a query whose columns are of these types, under a name for whoever looks at what PostgreSQL does. It can have no
    /// parameters: see [`literal`].
    pub(crate) async fn start(
        transaction: &Transaction<'_>,
        name: &str,
        query: &str,
        kinds: &[Type],
    ) -> Result<Self, ProjectError> {
        let copy = format!("-- {name}\ncopy ({query}) to stdout (format binary)");
        let stream = transaction.copy_out(&copy).await?;
        Ok(Self { rows: Box::pin(BinaryCopyOutStream::new(stream, kinds)) })
    }

    pub(crate) async fn next(&mut self) -> Result<Option<CopiedRow>, ProjectError> {
        Ok(self.rows.try_next().await?.map(CopiedRow))
    }
}

impl CopiedRow {
    /// The value of a column. What stands there may be damaged, and then it isn't one.
    pub(crate) fn get<'a, T: FromSql<'a>>(&'a self, column: usize) -> Result<T, tokio_postgres::Error> {
        self.0.try_get(column)
    }

    /// What stands in a column, as PostgreSQL sends it.
    pub(crate) fn bytes(&self, column: usize) -> Option<&[u8]> {
        self.0.try_get::<Option<Bytes<'_>>>(column).ok().flatten().map(|Bytes(bytes)| bytes)
    }
}

/// The bytes of a value of any type.
struct Bytes<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A text as a part of a query.
pub(crate) fn literal(text: &str) -> String {
    postgres_protocol::escape::escape_literal(text)
}
