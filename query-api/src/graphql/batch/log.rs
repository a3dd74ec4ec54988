//! What is asked of the log: stories of payloads, and the events themselves.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use futures_util::FutureExt as _;
use projection::{Bound, Point};
use schema::RequestId;

use super::{Batches, by_question};
use crate::error::ApiError;
use crate::queries::event::{self, Event, Place};
use crate::queries::held::{self, Held};
use crate::queries::point;
use crate::queries::story::{self, Story};

/// What a payload is told of by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct StoryOf(pub(in crate::graphql) RequestId);

/// The same up to a point of the log, and when that was.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct PastOf(pub(in crate::graphql) RequestId, pub(in crate::graphql) Point);

/// What the read models hold of a payload, where that proves anything.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct HeldOf(pub(in crate::graphql) RequestId);

/// So many places of events that name a payload, after one of them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct PlacesOf(
    pub(in crate::graphql) RequestId,
    pub(in crate::graphql) (Option<Place>, i64),
);

/// The event at a place: all of its value, or the start.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct EventAt {
    pub(in crate::graphql) place: Place,
    pub(in crate::graphql) is_whole: bool,
}

impl Loader<StoryOf> for Batches {
    type Value = Arc<Story>;
    type Error = ApiError;

    async fn load(&self, keys: &[StoryOf]) -> Result<HashMap<StoryOf, Arc<Story>>, ApiError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let told =
            self.0.ask(move |at| async move { story::of_payloads(at, &ids, None).await }.boxed()).await??;
        Ok(told.into_iter().map(|(id, story)| (StoryOf(id), Arc::new(story))).collect())
    }
}

impl Loader<PastOf> for Batches {
    type Value = (Arc<Story>, Bound);
    type Error = ApiError;

    async fn load(&self, keys: &[PastOf]) -> Result<HashMap<PastOf, Self::Value>, ApiError> {
        let mut all = HashMap::new();
        for (point, ids) in by_question(keys.iter().map(|PastOf(id, point)| (point.clone(), id.clone()))) {
            let asked = point.clone();
            let bound = self.0.ask(move |at| async move { point::bound(at, &asked).await }.boxed()).await??;
            let until = bound.clone();
            let told =
                self.0.ask(move |at| async move { story::of_payloads(at, &ids, Some(&until)).await }.boxed());
            for (id, story) in told.await?? {
                all.insert(PastOf(id, point.clone()), (Arc::new(story), bound.clone()));
            }
        }
        Ok(all)
    }
}

impl Loader<HeldOf> for Batches {
    type Value = Arc<Held>;
    type Error = ApiError;

    async fn load(&self, keys: &[HeldOf]) -> Result<HashMap<HeldOf, Arc<Held>>, ApiError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let held = self.0.ask(move |at| async move { held::of_payloads(at, &ids).await }.boxed()).await?;
        Ok(held.into_iter().flatten().map(|(id, held)| (HeldOf(id), Arc::new(held))).collect())
    }
}

impl Loader<PlacesOf> for Batches {
    type Value = Vec<Place>;
    type Error = ApiError;

    async fn load(&self, keys: &[PlacesOf]) -> Result<HashMap<PlacesOf, Vec<Place>>, ApiError> {
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        for ((after, most), ids) in by_question(keys.iter().map(|PlacesOf(id, asked)| (*asked, id.clone()))) {
            let found =
                self.0.ask(move |at| async move { event::of_requests(at, &ids, after, most).await }.boxed());
            for (id, place) in found.await?? {
                places.entry(PlacesOf(id, (after, most))).or_default().push(place);
            }
        }
        Ok(places)
    }
}

impl Loader<EventAt> for Batches {
    type Value = Arc<Event>;
    type Error = ApiError;

    async fn load(&self, keys: &[EventAt]) -> Result<HashMap<EventAt, Arc<Event>>, ApiError> {
        let mut events = HashMap::new();
        for is_whole in [false, true] {
            let places: Vec<_> =
                keys.iter().filter(|key| key.is_whole == is_whole).map(|key| key.place).collect();
            if places.is_empty() {
                continue;
            }
            let read = self.0.ask(move |at| async move { event::read(at, &places, is_whole).await }.boxed());
            for event in read.await?? {
                events.insert(EventAt { place: event.place, is_whole }, Arc::new(event));
            }
        }
        Ok(events)
    }
}
