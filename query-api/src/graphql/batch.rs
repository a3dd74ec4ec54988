//! Batches: what many fields ask one by one is asked of the database at once, so that the number of statements doesn't depend on how
//! much there is to answer.

mod log;

use std::collections::HashMap;
use std::hash::Hash;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use futures_util::FutureExt as _;
use schema::{Conflict, Payload, Position, RequestId, Service, Status};

pub(super) use self::log::{EventAt, HeldOf, PastOf, PlacesOf, StoryOf};
use super::reading::Reading;
use crate::error::ApiError;
use crate::queries::slice::Slice;
use crate::queries::status::{Messages, SHOWN_CHARACTERS};
use crate::queries::{conflict, payload, service, status};

/// Collects them.
pub(super) struct Batches(pub(super) Reading);

/// The payload of an id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct PayloadOf(pub(super) RequestId);

/// So many services of a payload.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ServicesOf(pub(super) RequestId, pub(super) i64);

/// So many of what lost among the claims of a payload.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ConflictsOf(pub(super) RequestId, pub(super) i64);

/// A payload's status at a place of the log: with all of its message, or with the start.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct StatusAt {
    pub(super) request_id: RequestId,
    pub(super) position: Position,
    pub(super) is_whole: bool,
}

/// So many payloads of the same system.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct RelatedTo(pub(super) RequestId, pub(super) i64);

/// A slice of a payload's statuses, and one more.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct TimelineOf(pub(super) RequestId, pub(super) Slice);

/// Those of the request.
pub(super) fn batches<'a>(context: &Context<'a>) -> &'a DataLoader<Batches> {
    context.data_unchecked()
}

impl Loader<PayloadOf> for Batches {
    type Value = Payload;
    type Error = ApiError;

    async fn load(&self, keys: &[PayloadOf]) -> Result<HashMap<PayloadOf, Payload>, ApiError> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let found = self.0.ask(move |at| async move { payload::find_many(at, &ids).await }.boxed()).await?;
        Ok(found.into_iter().map(|payload| (PayloadOf(payload.request_id.clone()), payload)).collect())
    }
}

impl Loader<ServicesOf> for Batches {
    type Value = Vec<Service>;
    type Error = ApiError;

    async fn load(&self, keys: &[ServicesOf]) -> Result<HashMap<ServicesOf, Vec<Service>>, ApiError> {
        let mut services = HashMap::new();
        for (most, ids) in by_question(keys.iter().map(|ServicesOf(id, most)| (*most, id.clone()))) {
            let asked =
                self.0.ask(move |at| async move { service::of_payloads(at, &ids, most).await }.boxed());
            services.extend(grouped(asked.await?, |service| ServicesOf(service.request_id.clone(), most)));
        }
        Ok(services)
    }
}

impl Loader<ConflictsOf> for Batches {
    type Value = Vec<Conflict>;
    type Error = ApiError;

    async fn load(&self, keys: &[ConflictsOf]) -> Result<HashMap<ConflictsOf, Vec<Conflict>>, ApiError> {
        let mut conflicts = HashMap::new();
        for (most, ids) in by_question(keys.iter().map(|ConflictsOf(id, most)| (*most, id.clone()))) {
            let asked =
                self.0.ask(move |at| async move { conflict::of_payloads(at, &ids, most).await }.boxed());
            conflicts.extend(grouped(asked.await?, |one| ConflictsOf(one.request_id.clone(), most)));
        }
        Ok(conflicts)
    }
}

impl Loader<StatusAt> for Batches {
    type Value = Status;
    type Error = ApiError;

    async fn load(&self, keys: &[StatusAt]) -> Result<HashMap<StatusAt, Status>, ApiError> {
        let mut statuses = HashMap::new();
        for (is_whole, messages) in [(false, Messages::First(SHOWN_CHARACTERS)), (true, Messages::Whole)] {
            let asked = keys.iter().filter(|key| key.is_whole == is_whole);
            let places: Vec<_> = asked.map(|key| (key.request_id.clone(), key.position)).collect();
            if places.is_empty() {
                continue;
            }
            let found = self.0.ask(move |at| async move { status::at(at, &places, messages).await }.boxed());
            for status in found.await?? {
                let (request_id, position) = (status.request_id.clone(), status.position);
                statuses.insert(StatusAt { request_id, position, is_whole }, status);
            }
        }
        Ok(statuses)
    }
}

impl Loader<RelatedTo> for Batches {
    type Value = Vec<Payload>;
    type Error = ApiError;

    async fn load(&self, keys: &[RelatedTo]) -> Result<HashMap<RelatedTo, Vec<Payload>>, ApiError> {
        let mut related: HashMap<_, Vec<_>> = HashMap::new();
        // One statement for each length that the query names.
        for (most, ids) in by_question(keys.iter().map(|RelatedTo(id, most)| (*most, id.clone()))) {
            let asked = self.0.ask(move |at| async move { payload::related(at, &ids, most).await }.boxed());
            for (id, payload) in asked.await? {
                related.entry(RelatedTo(id, most)).or_default().push(payload);
            }
        }
        Ok(related)
    }
}

impl Loader<TimelineOf> for Batches {
    type Value = Vec<Status>;
    type Error = ApiError;

    async fn load(&self, keys: &[TimelineOf]) -> Result<HashMap<TimelineOf, Vec<Status>>, ApiError> {
        let mut timelines = HashMap::new();
        for (slice, ids) in by_question(keys.iter().map(|TimelineOf(id, slice)| (slice.clone(), id.clone())))
        {
            let (asked, messages) = (slice.clone(), Messages::First(SHOWN_CHARACTERS));
            let asked = self
                .0
                .ask(move |at| async move { status::timelines(at, &ids, &asked, messages).await }.boxed());
            let key = |status: &Status| TimelineOf(status.request_id.clone(), slice.clone());
            timelines.extend(grouped(asked.await?, key));
        }
        Ok(timelines)
    }
}

/// Those of each key, in the order in which they come.
fn grouped<K: Eq + Hash, V>(values: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for value in values {
        groups.entry(key(&value)).or_default().push(value);
    }
    groups
}

/// The payloads that the same is asked of.
fn by_question<Q: Eq + Hash>(keys: impl Iterator<Item = (Q, RequestId)>) -> HashMap<Q, Vec<RequestId>> {
    let mut questions: HashMap<Q, Vec<RequestId>> = HashMap::new();
    for (question, id) in keys {
        questions.entry(question).or_default().push(id);
    }
    questions
}
