//! Live: what happens, as it becomes visible.

mod batch;
mod cursor;
mod filter;
mod follower;
mod hub;
mod item;
mod ring;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_graphql::{Context, Result, Subscription};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use runtime::retry::chain;
use schema::{Outcome, Position, RequestId};
use tokio::time::sleep;
use tracing::debug;

pub(super) use self::cursor::write as write_cursor;
use self::filter::{LiveFilter, Wanted};
use self::follower::{Follower, Heard};
pub(crate) use self::hub::Hub;
use self::item::{FailureNews, NewFailure, NewStatus, One, Resync, StatusNews};
use super::error::shown;
use super::payload::Payload;
use super::reading::Reading;
use crate::access::Viewer;
use crate::error::ApiError;
use crate::queries::folded::Vector;
use crate::queries::payload;
use crate::queries::tail::{self, Loss, News};

/// After an attempt to look that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// What can be listened to.
#[derive(Default)]
pub(super) struct Live;

/// Whether a subscriber took what it was told too slowly.
#[derive(Clone, Default)]
pub(super) struct Slow(Arc<AtomicBool>);

/// What is told of the news, and to whom.
struct Listener {
    follower: Follower,
    reading: Reading,
    viewer: Viewer,
    slow: Slow,
    wanted: Wanted,
    is_of_failures: bool,
}

/// What a listener hears.
enum Told {
    One(One),
    Resync(Resync),
}

/// What can be listened to, over WebSocket (`graphql-transport-ws`). A subscription asks for one field.
#[Subscription(name = "Subscription")]
impl Live {
    /// The payload now, and again after each change, until it is no longer in progress. It is null for as long as there is none to be
    /// seen.
    async fn payload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As messages have it, in any form.")] request_id: String,
    ) -> Result<BoxStream<'static, Result<Option<Payload>>>> {
        if request_id.contains('\0') {
            return Err(shown(ApiError::BadRequest("requestId is not valid text".to_owned())));
        }
        let id = RequestId::lookup(&request_id);
        // Before the first look, so that no change falls between the two.
        let follower = Follower::begin(hub(context), None).await.map_err(shown)?;
        Ok(payload_until_its_outcome(id, follower, Reading::of(context).clone()))
    }

    /// Every status that becomes visible, each once, those of a stream in the order of the log; or a `Resync` where some can't be told.
    async fn statuses(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of them, by what they and their payloads are when they are told.", default)]
        filter: LiveFilter,
        #[graphql(desc = "Those after this cursor. Without one: those that come from now on.")] after: Option<
            String,
        >,
    ) -> Result<BoxStream<'static, StatusNews>> {
        let told = Listener::begin(context, filter, after, false).await.map_err(shown)?.told();
        let news = |told| match told {
            Told::One(one) => StatusNews::Status(NewStatus(one)),
            Told::Resync(resync) => StatusNews::Resync(resync),
        };
        Ok(told.map(news).boxed())
    }

    /// What fails: each status by which a part of a payload, or a service, stands as failed when it is told. Of whatever stands as failed
    /// in the end, the status that says so is told once; or a `Resync` where some can't be.
    async fn failures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of them, by what they and their payloads are when they are told.", default)]
        filter: LiveFilter,
        #[graphql(desc = "Those after this cursor. Without one: those that come from now on.")] after: Option<
            String,
        >,
    ) -> Result<BoxStream<'static, FailureNews>> {
        let told = Listener::begin(context, filter, after, true).await.map_err(shown)?.told();
        let news = |told| match told {
            Told::One(one) => FailureNews::Failure(NewFailure(one)),
            Told::Resync(resync) => FailureNews::Resync(resync),
        };
        Ok(told.map(news).boxed())
    }
}

fn hub<'a>(context: &Context<'a>) -> &'a Arc<Hub> {
    context.data_unchecked()
}

/// A payload is looked at whenever a status of it was folded, and told where it differs: what came between two looks is all one.
fn payload_until_its_outcome(
    id: RequestId,
    mut follower: Follower,
    reading: Reading,
) -> BoxStream<'static, Result<Option<Payload>>> {
    asynk_strim::stream_fn(move |mut yielder| async move {
        let mut last = None;
        loop {
            let asked = id.clone();
            let found =
                reading.ask(move |snapshot| async move { payload::find(snapshot, &asked).await }.boxed());
            let found = match found.await {
                Ok(found) => found,
                Err(error) if last.is_none() => {
                    yielder.yield_item(Err(shown(error))).await;
                    return;
                }
                Err(error) => {
                    debug!(error = chain(&error), "a subscriber waits for the database");
                    reading.leave();
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let is_over = found.as_ref().is_some_and(|payload| payload.outcome() != Outcome::InProgress);
            if last.as_ref() != Some(&found) {
                last = Some(found.clone());
                yielder.yield_item(Ok(found.map(Payload::now))).await;
            }
            if is_over {
                return;
            }
            reading.leave();
            // Until something of it is new, or something was missed.
            while let Some(batch) = follower.next_near().await {
                if batch.news.iter().any(|news| news.status.request_id == id) {
                    break;
                }
            }
        }
    })
    .boxed()
}

impl Listener {
    async fn begin(
        context: &Context<'_>,
        filter: LiveFilter,
        after: Option<String>,
        is_of_failures: bool,
    ) -> std::result::Result<Self, ApiError> {
        let after = after.map(|text| cursor::read(&text)).transpose()?;
        Ok(Self {
            follower: Follower::begin(hub(context), after).await?,
            reading: Reading::of(context).clone(),
            viewer: context.data_unchecked::<Viewer>().clone(),
            slow: context.data_unchecked::<Slow>().clone(),
            wanted: filter.wanted(),
            is_of_failures,
        })
    }

    fn told(mut self) -> BoxStream<'static, Told> {
        asynk_strim::stream_fn(move |mut yielder| async move {
            loop {
                match self.follower.next().await {
                    Heard::Batch(batch, before) => {
                        for index in self.shown(&batch.news, &before).await {
                            let (batch, before) = (Arc::clone(&batch), before.clone());
                            yielder.yield_item(Told::One(One { batch, index, before })).await;
                        }
                    }
                    Heard::Lost { loss, now, was_near } => {
                        yielder.yield_item(Told::Resync(Resync::new(loss, &now))).await;
                        if was_near && loss == Loss::TooFarBehind {
                            self.slow.note();
                            return;
                        }
                    }
                }
            }
        })
        .boxed()
    }

    /// Which of the news are wanted, and to be seen.
    async fn shown(&self, news: &[News], before: &Vector) -> Vec<usize> {
        let wanted = news.iter().enumerate().filter(|(_, one)| {
            !before.has_passed(one.status.position)
                && (one.is_failure || !self.is_of_failures)
                && self.wanted.holds(&one.status, &one.payload)
        });
        let Viewer::Tenant(org_id) = &self.viewer else { return wanted.map(|(index, _)| index).collect() };
        // What was read for all is asked for again by whom it is shown to.
        let own: Vec<(usize, (RequestId, Position))> = wanted
            .filter(|(_, one)| one.payload.org_id.as_ref() == Some(org_id))
            .map(|(index, one)| (index, (one.status.request_id.clone(), one.status.position)))
            .collect();
        if own.is_empty() {
            return Vec::new();
        }
        loop {
            let places: Vec<_> = own.iter().map(|(_, place)| place.clone()).collect();
            let visible =
                self.reading.ask(move |at| async move { tail::visible(at, &places).await }.boxed()).await;
            match visible {
                Ok(visible) => {
                    let seen: Vec<usize> = own
                        .iter()
                        .filter(|(_, (_, position))| visible.contains(position))
                        .map(|(index, _)| *index)
                        .collect();
                    if seen.is_empty() {
                        self.reading.leave();
                    }
                    return seen;
                }
                Err(error) => {
                    debug!(error = chain(&error), "a subscriber waits for the database");
                    self.reading.leave();
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Slow {
    fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
