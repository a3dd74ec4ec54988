//! Rows that come when they are asked for: what is sent to a client is never in memory as a whole.

use std::pin::Pin;

use futures_util::TryStreamExt as _;
use runtime::database::Transaction;
use tokio_postgres::{Portal, Row, RowStream};

use super::connection::Asking;
use crate::error::QueryError;

/// How many rows are fetched at once. Each fetch has the statement's time-out for itself, and between two of them PostgreSQL waits
/// for the client for as long as it lets a transaction be idle.
const FETCH: i32 = 100;

/// The rows of one statement.
pub(crate) struct Rows<'a> {
    transaction: &'a Transaction<'a>,
    asking: &'a Asking<'a>,
    portal: Portal,
    batch: Option<Pin<Box<RowStream>>>,
    /// The first row of a batch, which shows that PostgreSQL answers.
    first: Option<Row>,
    left: i32,
}

impl<'a> Rows<'a> {
    pub(super) fn of(transaction: &'a Transaction<'a>, asking: &'a Asking<'a>, portal: Portal) -> Self {
        Self { transaction, asking, portal, batch: None, first: None, left: 0 }
    }

    /// Starts the next batch and waits for its first row.
    pub(super) async fn fetch(&mut self) -> Result<(), QueryError> {
        self.asking.set(true);
        let mut batch = Box::pin(self.transaction.query_portal_raw(&self.portal, FETCH).await?);
        self.first = batch.try_next().await?;
        self.left = FETCH;
        // A stream that has ended must not be asked again.
        self.batch = self.first.is_some().then_some(batch);
        self.asking.set(self.batch.is_some());
        Ok(())
    }

    /// The next row; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Row>, QueryError> {
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
            self.asking.set(false);
            if self.left == 0 {
                self.fetch().await?;
            }
        }
    }
}
