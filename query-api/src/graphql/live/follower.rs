//! Followers: each hears what comes after its place exactly once, or that it can't be told.
//!
//! Who is near the end goes on with what is read for all. Who isn't reads for itself until it is, and then joins the others: a batch
//! that begins behind its place has been heard in part, one that begins beyond it can't come next.

use std::sync::Arc;
use std::time::Duration;

use runtime::retry::chain;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::debug;

use super::batch::Batch;
use super::hub::{Counted, Hub};
use super::ring::Found;
use crate::error::ApiError;
use crate::queries::folded::Vector;
use crate::queries::tail::{Loss, Page};

/// How long a subscription waits for the first look at the database.
const LIMIT: Duration = Duration::from_secs(10);
/// After an attempt to read that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// One who follows.
pub(super) struct Follower {
    hub: Arc<Hub>,
    _counted: Counted,
    changes: watch::Receiver<()>,
    place: Vector,
    /// The batch that comes next, or nothing while it reads for itself.
    number: Option<u64>,
    /// Whether it was ever with the others.
    was_near: bool,
}

/// What a follower hears.
pub(super) enum Heard {
    /// What comes after the place, but for what lies before it.
    Batch(Arc<Batch>, Vector),
    /// What came between can't be told; it goes on from `now`.
    Lost { loss: Loss, now: Vector, was_near: bool },
}

impl Follower {
    /// One who goes on after a place, or hears what comes from now on.
    pub(super) async fn begin(hub: &Arc<Hub>, place: Option<Vector>) -> Result<Self, ApiError> {
        let (counted, mut changes) = (hub.count(), hub.changes());
        let now = async {
            loop {
                changes.mark_unchanged();
                if let Some(now) = hub.ring().place().cloned() {
                    return now;
                }
                // Its sender is the hub's.
                drop(changes.changed().await);
            }
        };
        let now = timeout(LIMIT, now).await.map_err(|elapsed| ApiError::Unavailable(Arc::new(elapsed)))?;
        let place = place.unwrap_or(now);
        let number = hub.ring().number_after(&place);
        Ok(Self { hub: Arc::clone(hub), _counted: counted, changes, place, number, was_near: false })
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Heard {
        loop {
            if let Some(batch) = self.near().await {
                let before = self.place.clone();
                self.place.advance(&batch.until);
                self.was_near = true;
                return Heard::Batch(batch, before);
            }
            match self.hub.read(&self.place).await {
                Ok(Page::News { news, until, is_last }) => {
                    let before = std::mem::replace(&mut self.place, until.clone());
                    if is_last {
                        self.number = self.hub.ring().number_after(&self.place);
                        if self.number.is_none() && before == self.place {
                            // A standby that is behind the one that the others are told by.
                            sleep(PAUSE).await;
                        }
                    }
                    return Heard::Batch(Arc::new(Batch::new(before.clone(), news, until)), before);
                }
                Ok(Page::Lost { loss, now }) => {
                    self.place = now.clone();
                    self.number = self.hub.ring().number_after(&self.place);
                    return Heard::Lost { loss, now, was_near: self.was_near };
                }
                Err(error) => {
                    debug!(error = chain(&error), "a subscriber waits for the database");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// The next batch that may concern somebody who looks for themselves at each; what was missed is all one to them.
    pub(super) async fn next_near(&mut self) -> Option<Arc<Batch>> {
        let batch = self.near().await;
        if batch.is_none() {
            let ring = self.hub.ring();
            self.number = Some(ring.next());
            if let Some(place) = ring.place() {
                self.place = place.clone();
            }
        }
        batch
    }

    /// What is read for all, as long as it goes on from the place.
    async fn near(&mut self) -> Option<Arc<Batch>> {
        loop {
            self.changes.mark_unchanged();
            let number = self.number?;
            let found = self.hub.ring().get(number);
            match found {
                Found::Batch(batch) if self.place.reaches(&batch.before) => {
                    self.number = Some(number + 1);
                    return Some(batch);
                }
                // Its sender is the hub's.
                Found::ToCome => drop(self.changes.changed().await),
                Found::Batch(_) | Found::Gone => self.number = None,
            }
        }
    }
}
