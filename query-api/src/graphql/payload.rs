//! Payloads.

mod filter;
mod list;

use std::sync::Arc;

use async_graphql::connection::query;
use async_graphql::{Context, ID, Object, Result};
use chrono::{TimeDelta, Utc};

pub(super) use self::filter::{PayloadFilter, PayloadSort};
pub(super) use self::list::{List, list, list_as_of};
use super::batch::{ConflictsOf, RelatedTo, ServicesOf, TimelineOf, batches};
use super::claim::{self, Claim};
use super::error::{or_null, shown};
use super::event;
use super::explanation::Explanation;
use super::id::GlobalId;
use super::outcome::{Failure, Outcome};
use super::page::{Asked, connection, length};
use super::past::Past;
use super::scalar::{Duration, Long, Time};
use super::service::Service;
use super::status::{self, ShownWith, Status};
use super::total::Total;
use crate::queries::status::Sort;

/// What cursors of timelines are of.
const TIMELINE: &str = "timeline";

/// One upload, as its statuses tell of it: now, or as it was.
#[derive(Clone)]
pub(super) struct Payload(pub(super) schema::Payload, pub(super) Option<Arc<Past>>);

impl Payload {
    /// As it is.
    pub(super) fn now(payload: schema::Payload) -> Self {
        Self(payload, None)
    }
}

/// One upload, as its statuses tell of it.
#[Object]
impl Payload {
    /// Names it among everything that has an id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Payload(self.0.request_id.clone()).id()
    }

    /// Its integer id in REST.
    async fn number(&self) -> Long {
        Long(self.0.id)
    }

    /// Canonical: 32 hex digits where it is a UUID.
    async fn request_id(&self) -> &str {
        self.0.request_id.as_str()
    }

    /// By the latest status that names one.
    async fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    /// By the latest status that names one.
    async fn org_id(&self) -> Option<&str> {
        self.0.org_id.as_deref()
    }

    /// By the latest status that names one.
    async fn inventory_id(&self) -> Option<&str> {
        self.0.inventory_id.as_deref()
    }

    /// By the latest status that names one.
    async fn system_id(&self) -> Option<&str> {
        self.0.system_id.as_deref()
    }

    /// Which statuses these four are from.
    async fn claims(&self) -> Vec<Claim> {
        claim::winners(&self.0)
    }

    /// What other statuses claimed for them, and lost against a later claim; the latest first.
    async fn conflicts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many at most.", default = 100)] first: i32,
    ) -> Result<Vec<Claim>> {
        let most = length(context, Some(first)).map_err(shown)?;
        if !self.0.has_conflicts {
            return Ok(Vec::new());
        }
        if let Some(past) = &self.1 {
            let lost = past.conflicts(&self.0.request_id).into_iter();
            return Ok(lost.take(usize::try_from(most)?).map(Claim::from).collect());
        }
        let lost = batches(context).load_one(ConflictsOf(self.0.request_id.clone(), most)).await;
        Ok(lost.map_err(shown)?.unwrap_or_default().into_iter().map(Claim::from).collect())
    }

    /// The earliest date of its statuses.
    async fn created_at(&self) -> Time {
        Time(self.0.created_at)
    }

    /// The latest date of its statuses.
    async fn last_date(&self) -> Time {
        Time(self.0.latest.claim.date)
    }

    /// From the earliest to the latest.
    async fn duration(&self) -> Duration {
        Duration(self.0.latest.claim.date - self.0.created_at)
    }

    /// The service of the latest status.
    async fn latest_service(&self) -> &str {
        &self.0.latest.service
    }

    /// The source of the latest status.
    async fn latest_source(&self) -> Option<&str> {
        self.0.latest.source.as_deref()
    }

    /// The latest status.
    async fn latest_status(&self) -> &str {
        &self.0.latest.status
    }

    /// How it stands.
    async fn outcome(&self) -> Outcome {
        self.0.outcome().into()
    }

    /// Where it failed first, if it did, and why.
    async fn failure(&self) -> Option<Failure> {
        let request_id = self.0.request_id.clone();
        self.0.failure.clone().map(|failed| Failure { request_id, failed })
    }

    /// Whether it is in progress, and nothing was heard of it for so long.
    async fn is_stalled(
        &self,
        #[graphql(desc = "For how long.", default_with = "an_hour()")] longer_than: Duration,
    ) -> bool {
        let is_in_progress = self.0.outcome() == schema::Outcome::InProgress;
        let now = self.1.as_ref().map_or_else(Utc::now, |past| past.time());
        is_in_progress && now - self.0.latest.claim.date > longer_than.0
    }

    /// How many statuses it has.
    async fn status_count(&self) -> Long {
        Long(self.0.status_count)
    }

    /// How many of them say that something failed, also of what went well in the end.
    async fn bad_closings(&self) -> Long {
        Long(self.0.tally.bad_closings)
    }

    /// How many parts failed, and went well in the end.
    async fn recovered_parts(&self) -> Long {
        Long(self.0.tally.recovered_parts)
    }

    /// The services that it passed, each source for itself, in the order in which they began.
    async fn services(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many at most.", default = 100)] first: i32,
    ) -> Result<Vec<Service>> {
        let most = length(context, Some(first)).map_err(shown)?;
        if let Some(past) = &self.1 {
            return Ok(past.services().into_iter().take(usize::try_from(most)?).map(Service).collect());
        }
        let passed = batches(context).load_one(ServicesOf(self.0.request_id.clone(), most)).await;
        Ok(passed.map_err(shown)?.unwrap_or_default().into_iter().map(Service).collect())
    }

    /// Its timeline, the earliest first.
    async fn statuses(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning: 10 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<status::List> {
        query(after, before, first, last, |after, before, _, _| async move {
            let slice = Asked { after, before, first, last }.slice(context, TIMELINE, true).map_err(shown)?;
            let statuses = match &self.1 {
                Some(past) => past.statuses(&slice),
                None => {
                    let asked = TimelineOf(self.0.request_id.clone(), slice.clone());
                    batches(context).load_one(asked).await.map_err(shown)?.unwrap_or_default()
                }
            };
            let sliced = slice.cut(statuses, |status| Sort::Date.mark(status));
            let total = Total::Known(self.0.status_count);
            let shown_with = self.1.as_ref().map_or(ShownWith::Now, |past| ShownWith::Past(Arc::clone(past)));
            let node = |status| Status::cut(status).with(shown_with.clone());
            Ok::<_, async_graphql::Error>(connection(TIMELINE, &slice, sliced, total, node))
        })
        .await
    }

    /// Why all this is so: each field with the event that gave it, and how the outcome follows.
    async fn explain(&self, context: &Context<'_>) -> Option<Explanation> {
        let explained = Explanation::of(context, self.0.request_id.clone(), self.1.as_deref()).await;
        or_null(context, explained.map_err(shown))
    }

    /// The raw messages that name it, those that could not be decoded too, in the order in which they were appended. Only for who may see
    /// everything.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
    ) -> Option<event::List> {
        let page = query(after, None, first, None, |after, _, _, _| async move {
            let of = (self.0.request_id.clone(), self.1.as_deref());
            let most = length(context, first).map_err(shown)?;
            event::of_payload(context, of, (after, most)).await.map_err(shown)
        });
        or_null(context, page.await)
    }

    /// Other payloads with its inventory id or its system id, as they are now, those with the highest number first.
    async fn related(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<Payload>> {
        let most = length(context, first).map_err(shown)?;
        if self.0.inventory_id.is_none() && self.0.system_id.is_none() {
            return Ok(Vec::new());
        }
        let found = batches(context).load_one(RelatedTo(self.0.request_id.clone(), most)).await;
        Ok(found.map_err(shown)?.unwrap_or_default().into_iter().map(Payload::now).collect())
    }
}

fn an_hour() -> Duration {
    Duration(TimeDelta::hours(1))
}
