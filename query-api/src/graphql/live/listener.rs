//! Listeners: what is told of the news, and to whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_graphql::Context;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use runtime::retry::chain;
use schema::{Position, RequestId};
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::cursor;
use super::filter::Wanted;
use super::follower::{Follower, Heard, PAUSE};
use super::item::{One, Progress, Resync, Told};
use crate::access::Viewer;
use crate::error::ApiError;
use crate::graphql::reading::Reading;
use crate::queries::folded::Vector;
use crate::queries::tail::{self, Loss, News};

/// Who hears nothing for so long is told up to where there was nothing to hear.
const PROGRESS: Duration = Duration::from_secs(5);

/// Somebody who listens.
pub(super) struct Listener {
    follower: Follower,
    reading: Reading,
    viewer: Viewer,
    slow: Slow,
    wanted: Wanted,
}

/// Whether a subscriber took what it was told too slowly.
#[derive(Clone, Default)]
pub(in crate::graphql) struct Slow(Arc<AtomicBool>);

impl Listener {
    pub(super) async fn begin(
        context: &Context<'_>,
        wanted: Wanted,
        after: Option<String>,
    ) -> Result<Self, ApiError> {
        let after = after.map(|text| cursor::read(&text)).transpose()?;
        Ok(Self {
            follower: Follower::begin(context.data_unchecked(), after).await?,
            reading: Reading::of(context).clone(),
            viewer: context.data_unchecked::<Viewer>().clone(),
            slow: context.data_unchecked::<Slow>().clone(),
            wanted,
        })
    }

    /// All that it hears, as whatever it is told as.
    pub(super) fn told<N: From<Told> + Send + 'static>(mut self) -> BoxStream<'static, N> {
        asynk_strim::stream_fn(move |mut yielder| async move {
            let mut told_at = Instant::now();
            loop {
                match self.follower.next(told_at + PROGRESS).await {
                    Heard::Nothing => {}
                    Heard::Batch(batch, before) => {
                        for index in self.shown(&batch.news, &before).await {
                            let (batch, before) = (Arc::clone(&batch), before.clone());
                            yielder.yield_item(Told::One(One { batch, index, before }).into()).await;
                            told_at = Instant::now();
                        }
                    }
                    Heard::Lost { loss, now, is_outrun } => {
                        yielder.yield_item(Told::Resync(Resync::new(loss, &now)).into()).await;
                        if is_outrun && loss == Loss::TooFarBehind {
                            self.slow.note();
                            return;
                        }
                        told_at = Instant::now();
                    }
                }
                // Also where all that came was for others.
                if told_at.elapsed() >= PROGRESS {
                    let progress = Progress::new(self.follower.place());
                    yielder.yield_item(Told::Progress(progress).into()).await;
                    told_at = Instant::now();
                }
            }
        })
        .boxed()
    }

    /// Which of the news are wanted, and to be seen.
    async fn shown(&self, news: &[News], before: &Vector) -> Vec<usize> {
        let wanted = news
            .iter()
            .enumerate()
            .filter(|(_, one)| !before.has_passed(one.status.position) && self.wanted.holds(one));
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

    pub(in crate::graphql) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
