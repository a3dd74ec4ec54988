//! The hub: what is new is read once for all who follow.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runtime::database::Pool;
use runtime::retry::chain;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::batch::Batch;
use super::ring::Ring;
use crate::access::Viewer;
use crate::config::ServeArgs;
use crate::error::QueryError;
use crate::queries::folded::{Vector, folded};
use crate::queries::status::{Messages, SHOWN_CHARACTERS};
use crate::queries::tail::{self, Limits, Page};
use crate::queries::{Connection, Snapshot};

/// How often it is looked when no hint comes.
const POLL: Duration = Duration::from_millis(500);
/// What comes within so long is read together.
const GATHER: Duration = Duration::from_millis(10);
/// A database that stands still says nothing, not even that it does.
const LIMIT: Duration = Duration::from_secs(10);
/// So many statuses are read at once for all, and for one who catches up.
const PAGE: i64 = 500;
const PAGE_OF_ONE: i64 = 100;
/// Reads what is new, and keeps the last of it.
pub(crate) struct Hub {
    pool: Pool,
    behind: i64,
    ring: Mutex<Ring>,
    /// Sent to when the ring changes.
    changed: watch::Sender<()>,
    followers: watch::Sender<usize>,
    /// A quarter of the connections.
    catching_up: Semaphore,
}

/// Somebody who follows. Nothing is read for nobody.
pub(super) struct Counted(Arc<Hub>);

impl Hub {
    pub(crate) fn new(pool: Pool, args: &ServeArgs) -> Arc<Self> {
        Arc::new(Self {
            pool,
            behind: args.graphql.max_behind.into(),
            ring: Mutex::new(Ring::of(args.graphql.max_behind as usize)),
            changed: watch::Sender::new(()),
            followers: watch::Sender::new(0),
            catching_up: Semaphore::new((args.connections as usize / 4).max(1)),
        })
    }

    /// Reads for as long as it is polled. Hints have it look at once; without them it looks all the same.
    pub(crate) async fn run(&self, mut wake: watch::Receiver<()>) -> Infallible {
        let mut followers = self.followers.subscribe();
        let mut is_told = false;
        loop {
            self.ring().rest();
            // The sender is here, so it doesn't end.
            drop(followers.wait_for(|count| *count > 0).await);
            while *followers.borrow_and_update() > 0 {
                // Whatever is folded from here on wakes anew.
                wake.mark_unchanged();
                match timeout(LIMIT, self.turn()).await.unwrap_or_else(|elapsed| Err(elapsed.into())) {
                    Ok(is_last) => {
                        if std::mem::take(&mut is_told) {
                            info!("subscribers hear on");
                        }
                        sleep(GATHER).await;
                        if !is_last {
                            continue;
                        }
                    }
                    Err(error) => {
                        if !std::mem::replace(&mut is_told, true) {
                            warn!(
                                error = chain(&error),
                                "subscribers hear nothing until the database is back"
                            );
                        }
                    }
                }
                tokio::select! {
                    Ok(()) = wake.changed() => {}
                    () = sleep(POLL) => {}
                }
            }
        }
    }

    /// Reads a page. Gives whether there is no more for now.
    async fn turn(&self) -> Result<bool, QueryError> {
        let mut connection = Connection::take(&self.pool).await?;
        let snapshot = Snapshot::begin(&mut connection, Viewer::All).await?;
        let place = self.ring().place().cloned();
        let Some(place) = place else {
            let now = folded(&snapshot).await?.now();
            self.change(|ring| ring.begin(now));
            return Ok(true);
        };
        match tail::after(&snapshot, &place, self.limits(PAGE)).await? {
            Page::News { until, is_last, .. } if until == place => Ok(is_last),
            Page::News { news, until, is_last } => {
                self.change(|ring| ring.push(Batch::new(place, news, until)));
                Ok(is_last)
            }
            // Whoever follows finds out why when they read it for themselves.
            Page::Lost { now, .. } => {
                self.change(|ring| ring.push(Batch::jump(now)));
                Ok(false)
            }
        }
    }

    /// What comes after a place, read for one alone.
    pub(super) async fn read(&self, place: &Vector) -> Result<Page, QueryError> {
        let _turn = self.catching_up.acquire().await;
        let read = async {
            let mut connection = Connection::take(&self.pool).await?;
            let snapshot = Snapshot::begin(&mut connection, Viewer::All).await?;
            tail::after(&snapshot, place, self.limits(PAGE_OF_ONE)).await
        };
        timeout(LIMIT, read).await?
    }

    pub(super) fn count(self: &Arc<Self>) -> Counted {
        self.followers.send_modify(|count| *count += 1);
        Counted(Arc::clone(self))
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(super) fn ring(&self) -> MutexGuard<'_, Ring> {
        // Nothing that holds it can fail midway.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Ring)) {
        change(&mut self.ring());
        self.changed.send_replace(());
    }

    fn limits(&self, page: i64) -> Limits {
        Limits { page, behind: self.behind, messages: Messages::First(SHOWN_CHARACTERS) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.followers.send_modify(|count| *count -= 1);
    }
}
