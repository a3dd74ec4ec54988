//! Connections that don't outlive who waits for them.

use std::sync::atomic::{AtomicUsize, Ordering};

use runtime::database::{Object, Pool};

use crate::error::QueryError;

/// Statements that a connection keeps prepared: PostgreSQL holds them in memory, and every mix of filters, order and ends of windows
/// is one of its own.
const MOST_STATEMENTS: usize = 200;

/// A connection of the pool.
///
/// Dropped while a statement runs, it is closed and not given back: PostgreSQL looks every second whether its client is there,
/// and cancels what nobody waits for.
pub(crate) struct Connection {
    client: Option<Object>,
    running: AtomicUsize,
}

/// How many statements run.
pub(super) struct Asking<'a>(&'a AtomicUsize);

impl Connection {
    /// Takes a free one.
    pub(crate) async fn take(pool: &Pool) -> Result<Self, QueryError> {
        let client = pool.get().await?;
        if client.statement_cache.size() > MOST_STATEMENTS {
            client.statement_cache.clear();
        }
        Ok(Self { client: Some(client), running: AtomicUsize::new(0) })
    }

    pub(super) fn parts(&mut self) -> (&mut Object, Asking<'_>) {
        (self.client.as_mut().expect("it is there until the end"), Asking(&self.running))
    }
}

impl Asking<'_> {
    /// One is sent.
    pub(super) fn begins(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One has been answered, whatever the answer.
    pub(super) fn ends(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if *self.running.get_mut() > 0 {
            // Out of the pool; its socket closes with it.
            drop(self.client.take().map(Object::take));
        }
    }
}
