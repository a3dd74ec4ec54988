//! What subscribers hear.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject, Union};
use metrics::counter;

use super::batch::Batch;
use super::cursor;
use crate::graphql::batch::{PayloadOf, batches};
use crate::graphql::error::shown;
use crate::graphql::payload::Payload;
use crate::graphql::status::Status;
use crate::metric;
use crate::queries::folded::Vector;
use crate::queries::tail::Loss;

/// A status that came, that some can't be told, or that there was nothing to tell.
#[derive(Union)]
pub(in crate::graphql) enum StatusNews {
    Status(NewStatus),
    Resync(Resync),
    Progress(Progress),
}

/// Something that failed, that some can't be told, or that there was nothing to tell.
#[derive(Union)]
pub(in crate::graphql) enum FailureNews {
    Failure(NewFailure),
    Resync(Resync),
    Progress(Progress),
}

/// One of the news of a batch.
pub(super) struct One {
    pub(super) batch: Arc<Batch>,
    pub(super) index: usize,
    /// Where its subscriber was before the batch.
    pub(super) before: Vector,
}

/// What a listener hears.
pub(super) enum Told {
    One(One),
    Resync(Resync),
    Progress(Progress),
}

/// A status that came.
pub(in crate::graphql) struct NewStatus(One);

/// A status by which something of a payload stands as failed.
pub(in crate::graphql) struct NewFailure(One);

/// Some of what came between can't be told: what is shown should be asked for anew. It goes on from here.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Resync {
    /// Where it goes on: to be given as `after`.
    cursor: String,
    /// Why.
    reason: ResyncReason,
}

/// There was nothing to tell for some seconds: whoever comes back needn't go through all that wasn't for them.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Progress {
    /// Up to where there was nothing else: to be given as `after`.
    cursor: String,
}

/// Why something can't be told.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum ResyncReason {
    /// Readers see another generation of read models since.
    Generation,
    /// Some of it isn't kept any more.
    Retention,
    /// There was more than is told. Who takes it too slowly is told so, and its connection is closed.
    TooFarBehind,
}

impl One {
    fn cursor(&self) -> String {
        self.batch.cursor(self.index, &self.before)
    }

    fn status(&self) -> Status {
        Status::cut(self.batch.news[self.index].status.clone())
    }
}

/// A status that came.
#[Object(name = "NewStatus")]
impl NewStatus {
    /// Where it goes on after it: to be given as `after`.
    async fn cursor(&self) -> String {
        self.0.cursor()
    }

    /// What was said.
    async fn status(&self) -> Status {
        self.0.status()
    }
}

/// A status by which something of a payload stands as failed.
#[Object(name = "NewFailure")]
impl NewFailure {
    /// Where it goes on after it: to be given as `after`.
    async fn cursor(&self) -> String {
        self.0.cursor()
    }

    /// The status that says so, and why.
    async fn status(&self) -> Status {
        self.0.status()
    }

    /// What failed, as it stands when this is told.
    async fn payload(&self, context: &Context<'_>) -> Result<Option<Payload>> {
        let request_id = self.0.batch.news[self.0.index].status.request_id.clone();
        let found = batches(context).load_one(PayloadOf(request_id)).await;
        Ok(found.map_err(shown)?.map(Payload::now))
    }
}

impl From<Told> for StatusNews {
    fn from(told: Told) -> Self {
        match told {
            Told::One(one) => Self::Status(NewStatus(one)),
            Told::Resync(resync) => Self::Resync(resync),
            Told::Progress(progress) => Self::Progress(progress),
        }
    }
}

impl From<Told> for FailureNews {
    fn from(told: Told) -> Self {
        match told {
            Told::One(one) => Self::Failure(NewFailure(one)),
            Told::Resync(resync) => Self::Resync(resync),
            Told::Progress(progress) => Self::Progress(progress),
        }
    }
}

impl Progress {
    pub(super) fn new(place: &Vector) -> Self {
        Self { cursor: cursor::write(place) }
    }
}

impl Resync {
    pub(super) fn new(loss: Loss, now: &Vector) -> Self {
        let (reason, name) = match loss {
            Loss::Generation => (ResyncReason::Generation, "generation"),
            Loss::Retention => (ResyncReason::Retention, "retention"),
            Loss::TooFarBehind => (ResyncReason::TooFarBehind, "too_far_behind"),
        };
        counter!(metric::RESYNCS, "reason" => name).increment(1);
        Self { cursor: cursor::write(now), reason }
    }
}
