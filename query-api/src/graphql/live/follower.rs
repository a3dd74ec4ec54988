//! Followers: each hears what comes after its place exactly once, or that it can't be told.
//!
//! Who is near the end goes on with what is read for all. Who isn't reads for itself until it is, and then joins the others: a batch
//! that begins behind its place has been heard in part, one that begins beyond it can't come next.

use std::sync::Arc;
use std::time::Duration;

use runtime::retry::chain;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
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
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// One who follows.
pub(super) struct Follower {
    hub: Arc<Hub>,
    _counted: Counted,
    changes: watch::Receiver<()>,
    place: Vector,
    /// The batch that comes next, or nothing while it reads for itself.
    number: Option<u64>,
    /// Whether what came next for it was dropped, since it took what came before too slowly.
    is_outrun: bool,
}

/// What a follower hears.
pub(super) enum Heard {
    /// What comes after the place, but for what lies before it.
    Batch(Arc<Batch>, Vector),
    Nothing,
    /// What came between can't be told; it goes on from `now`.
    Lost {
        loss: Loss,
        now: Vector,
        is_outrun: bool,
    },
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
        Ok(Self { hub: Arc::clone(hub), _counted: counted, changes, place, number, is_outrun: false })
    }

    /// Up to where it has heard everything.
    pub(super) fn place(&self) -> &Vector {
        &self.place
    }

    /// What comes next; nothing where nothing comes until then.
    pub(super) async fn next(&mut self, until: Instant) -> Heard {
        loop {
            // Reading for itself isn't broken off: it waits for its turn.
            let Ok(near) = timeout_at(until, self.near()).await else { return Heard::Nothing };
            if let Some(batch) = near {
                let before = self.place.clone();
                self.place.advance(&batch.until);
                self.is_outrun = false;
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
                    return Heard::Lost { loss, now, is_outrun: std::mem::take(&mut self.is_outrun) };
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
        if let Some(batch) = &batch {
            self.place.advance(&batch.until);
        } else {
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
                // It was jumped over, together with all others.
                Found::Batch(_) => self.number = None,
                Found::Gone => {
                    self.number = None;
                    self.is_outrun = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use schema::{GenerationId, StreamId};
    use testkit::TestDatabase;

    use super::*;
    use crate::config::ServeArgs;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn at(offset: i64) -> Vector {
        Vector { generation: GenerationId(1), offsets: [(StreamId(1), offset)].into() }
    }

    fn batch(offset: i64) -> Batch {
        Batch::new(at(offset), Vec::new(), at(offset + 1))
    }

    /// Nobody reads: batches are those of the test.
    async fn hub() -> (TestDatabase, Arc<Hub>) {
        let database = TestDatabase::create().await.unwrap();
        let arguments = Arguments::parse_from(["serve"]);
        let hub = Hub::new(database.pool(&projector::pool_options()).unwrap(), &arguments.serve);
        hub.ring().begin(at(0));
        (database, hub)
    }

    #[tokio::test]
    async fn who_looks_for_themselves_is_given_each_batch_and_nothing_when_some_were_missed() {
        let (_database, hub) = hub().await;
        let mut follower = Follower::begin(&hub, None).await.unwrap();
        for offset in 0..3 {
            hub.ring().push(batch(offset));
            let next = follower.next_near().await.expect("nothing was missed");
            assert_eq!((&next.until, follower.place()), (&at(offset + 1), &at(offset + 1)));
        }
        hub.ring().push(Batch::jump(at(100)));
        assert!(follower.next_near().await.is_none());
        hub.ring().push(batch(100));
        assert!(follower.next_near().await.is_some());
    }

    #[tokio::test]
    async fn who_is_jumped_over_with_all_others_was_not_too_slow() {
        let (_database, hub) = hub().await;
        let mut follower = Follower::begin(&hub, None).await.unwrap();
        hub.ring().push(Batch::jump(at(100)));
        assert!(follower.near().await.is_none() && !follower.is_outrun);

        let mut follower = Follower::begin(&hub, None).await.unwrap();
        // More than the ring has room for.
        (100..70_000).for_each(|offset| hub.ring().push(batch(offset)));
        assert!(follower.near().await.is_none() && follower.is_outrun);
    }
}
