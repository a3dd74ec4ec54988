//! Rows that come when they are asked for: what is sent to a client is never in memory as a whole.

use std::pin::Pin;
use std::vec;

use futures_util::TryStreamExt as _;
use runtime::database::Transaction;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Portal, Row, RowStream, Statement};

use super::connection::Asking;
use crate::error::QueryError;

/// How many rows are fetched at once. Each fetch has the statement's time-out for itself, and between two of them PostgreSQL waits
/// for the client for as long as it lets a transaction be idle.
const FETCH: i32 = 100;

/// The rows of one statement.
pub(crate) struct Rows<'a> {
    asking: &'a Asking<'a>,
    /// Those that have come already.
    here: vec::IntoIter<Row>,
    /// What more can be fetched from.
    portal: Option<(&'a Transaction<'a>, Portal)>,
    batch: Option<Pin<Box<RowStream>>>,
    /// The first row of a batch, which shows that PostgreSQL answers.
    first: Option<Row>,
    left: i32,
}

impl<'a> Rows<'a> {
    /// Those of a statement that was answered whole.
    pub(super) fn here(asking: &'a Asking<'a>, rows: Vec<Row>) -> Self {
        Self { asking, here: rows.into_iter(), portal: None, batch: None, first: None, left: 0 }
    }

    /// Asks for them, and waits for the first. No more than one fetch of them are asked for at once: a portal costs a question more.
    pub(super) async fn ask(
        transaction: &'a Transaction<'a>,
        asking: &'a Asking<'a>,
        (statement, parameters): (&Statement, &[&(dyn ToSql + Sync)]),
        most: i64,
    ) -> Result<Self, QueryError> {
        let mut rows = Self::here(asking, Vec::new());
        asking.begins();
        if most <= FETCH.into() {
            let batch = transaction.query_raw(statement, parameters.iter().copied()).await?;
            rows.begin(batch).await?;
        } else {
            rows.portal = Some((transaction, transaction.bind(statement, parameters).await?));
            asking.ends();
            rows.fetch().await?;
        }
        Ok(rows)
    }

    /// Starts the next batch.
    async fn fetch(&mut self) -> Result<(), QueryError> {
        let Some((transaction, portal)) = &self.portal else { return Ok(()) };
        self.asking.begins();
        let batch = transaction.query_portal_raw(portal, FETCH).await?;
        self.left = FETCH;
        self.begin(batch).await
    }

    /// Waits for its first row.
    async fn begin(&mut self, batch: RowStream) -> Result<(), QueryError> {
        let mut batch = Box::pin(batch);
        self.first = batch.try_next().await?;
        // A stream that has ended must not be asked again.
        self.batch = self.first.is_some().then_some(batch);
        if self.batch.is_none() {
            self.asking.ends();
        }
        Ok(())
    }

    /// The next row; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Row>, QueryError> {
        if let Some(row) = self.here.next() {
            return Ok(Some(row));
        }
        loop {
            let Some(batch) = &mut self.batch else { return Ok(None) };
            let row = match self.first.take() {
                Some(row) => Some(row),
                None => batch.try_next().await?,
            };
            if row.is_some() {
                self.left -= 1;
                return Ok(row);
            }
            self.batch = None;
            self.asking.ends();
            if self.left == 0 {
                self.fetch().await?;
            }
        }
    }
}
