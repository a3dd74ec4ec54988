//! The past: payloads as they were at a point of the log, folded anew from what had been appended by then.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Context;
use chrono::{DateTime, Utc};
use projection::{Bound, Point};
use schema::{Conflict, Position, RequestId, Service, Status, StreamId};

use super::batch::{PastOf, batches};
use super::payload::Payload;
use crate::error::ApiError;
use crate::queries::event::Place;
use crate::queries::slice::Slice;
use crate::queries::status::Sort;
use crate::queries::story::Story;

/// A payload as it was.
pub(super) struct Past {
    story: Arc<Story>,
    bound: Bound,
}

impl Past {
    /// The payload as it was, if there had been a status of it.
    pub(super) async fn of(
        context: &Context<'_>,
        request_id: RequestId,
        point: Point,
    ) -> Result<Option<Payload>, ApiError> {
        let told = batches(context).load_one(PastOf(request_id, point)).await?;
        Ok(told.and_then(|(story, bound)| Arc::new(Self { story, bound }).payload()))
    }

    /// Those of these payloads of which there had been a status, as they were.
    pub(super) async fn of_many(
        context: &Context<'_>,
        request_ids: &[RequestId],
        point: &Point,
    ) -> Result<HashMap<RequestId, Payload>, ApiError> {
        let asked = request_ids.iter().map(|id| PastOf(id.clone(), point.clone()));
        let told = batches(context).load_many(asked).await?;
        let payload =
            |(PastOf(id, _), (story, bound))| Some((id, Arc::new(Self { story, bound }).payload()?));
        Ok(told.into_iter().filter_map(payload).collect())
    }

    /// The payload, if there had been a status of it.
    pub(super) fn payload(self: &Arc<Self>) -> Option<Payload> {
        Some(Payload(self.story.view().payload.clone()?, Some(Arc::clone(self))))
    }

    /// When it was.
    pub(super) fn time(&self) -> DateTime<Utc> {
        self.bound.time
    }

    pub(super) fn story(&self) -> &Arc<Story> {
        &self.story
    }

    /// In the order in which they began.
    pub(super) fn services(&self) -> Vec<Service> {
        let mut services: Vec<_> = self.story.view().services.values().cloned().collect();
        services.sort_by(|one, other| {
            (one.first_date, &one.service, &one.source).cmp(&(
                other.first_date,
                &other.service,
                &other.source,
            ))
        });
        services
    }

    /// By attribute, the latest claim first.
    pub(super) fn conflicts(&self, request_id: &RequestId) -> Vec<Conflict> {
        let mut conflicts: Vec<_> = self.story.view().conflicts(request_id).collect();
        conflicts.sort_by(|one, other| {
            (one.attribute.as_str(), other.claim).cmp(&(other.attribute.as_str(), one.claim))
        });
        conflicts
    }

    /// Those of its timeline that a slice is made of.
    pub(super) fn statuses(&self, slice: &Slice) -> Vec<Status> {
        let mut statuses: Vec<_> = self.story.told.iter().map(|told| &told.status).collect();
        statuses.sort_unstable_by_key(|status| (status.date, status.id));
        slice.find(statuses.into_iter(), |status| Sort::Date.mark(status)).into_iter().cloned().collect()
    }

    /// So many places of events that name it, in the order in which they were appended, after one of them.
    pub(super) fn places(&self, after: Option<Place>, most: i64) -> Vec<Place> {
        let told = self.story.told.iter().map(|told| &told.event);
        let told = told.map(|event| Place { appended_at: event.appended_at, position: event.position });
        let unclear = self.story.quarantined.iter().map(|one| Place {
            appended_at: one.appended_at,
            position: Position { stream: StreamId(one.stream), offset: one.offset },
        });
        let mut places: Vec<_> =
            told.chain(unclear).filter(|place| after.is_none_or(|after| *place > after)).collect();
        places.sort_unstable();
        places.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        places
    }
}
