//! Pages of a list in a total order.

use schema::Unreadable;
use tokio_postgres::Row;

use super::rows::Rows;
use crate::error::QueryError;

/// Which page, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 0.
    pub(crate) number: u32,
    /// From 1.
    pub(crate) size: u32,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    #[default]
    Descending,
}

/// A page, and how many there are on all pages.
pub(crate) struct Listed<'a, T> {
    pub(crate) count: i64,
    pub(crate) items: Items<'a, T>,
}

/// Reads a row.
type FromRow<T> = fn(&Row) -> Result<T, Unreadable>;

/// Items that come when they are asked for.
pub(crate) struct Items<'a, T> {
    rows: Rows<'a>,
    from_row: FromRow<T>,
}

impl<'a, T> Items<'a, T> {
    pub(super) fn new(rows: Rows<'a>, from_row: FromRow<T>) -> Self {
        Self { rows, from_row }
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Result<Option<T>, QueryError> {
        Ok(self.rows.next().await?.as_ref().map(self.from_row).transpose()?)
    }

    /// All that are left.
    pub(crate) async fn collect(mut self) -> Result<Vec<T>, QueryError> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await? {
            items.push(item);
        }
        Ok(items)
    }
}

impl Page {
    pub(crate) fn limit(self) -> i64 {
        self.size.into()
    }

    pub(crate) fn offset(self) -> i64 {
        i64::from(self.number) * i64::from(self.size)
    }
}

impl Direction {
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }

    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}
