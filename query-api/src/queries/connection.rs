//! Connections that don't outlive who waits for them.

use std::sync::atomic::{AtomicBool, Ordering};

use runtime::database::{Object, Pool};

use crate::error::QueryError;

/// A connection of the pool.
///
/// Dropped while a statement runs, it is closed and not given back: PostgreSQL looks every second whether its client is there,
/// and cancels what nobody waits for.
pub(crate) struct Connection {
    client: Option<Object>,
    is_asking: AtomicBool,
}

/// Says that a statement runs, until it is told that it doesn't any more.
pub(super) struct Asking<'a>(&'a AtomicBool);

impl Connection {
    /// Takes a free one.
    pub(crate) async fn take(pool: &Pool) -> Result<Self, QueryError> {
        Ok(Self { client: Some(pool.get().await?), is_asking: AtomicBool::new(false) })
    }

    pub(super) fn parts(&mut self) -> (&mut Object, Asking<'_>) {
        (self.client.as_mut().expect("it is there until the end"), Asking(&self.is_asking))
    }
}

impl Asking<'_> {
    pub(super) fn set(&self, is_asking: bool) {
        self.0.store(is_asking, Ordering::Relaxed);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if *self.is_asking.get_mut() {
            // Out of the pool; its socket closes with it.
            drop(self.client.take().map(Object::take));
        }
    }
}
