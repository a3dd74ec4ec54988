//! What can be asked: payloads and statuses by their names, as lists, and whatever has an id.

use async_graphql::connection::query;
use async_graphql::{Context, ID, Interface, MergedObject, Object, Result};
use schema::RequestId;

use super::as_of::AsOf;
use super::batch::{PayloadOf, StatusAt, batches};
use super::error::{or_null, shown};
use super::event::{Event, Events};
use super::freshness::FreshnessRoot;
use super::generation::GenerationRoot;
use super::id::GlobalId;
use super::order::SortDirection;
use super::page::Asked;
use super::past::Past;
use super::payload::{self, Payload, PayloadFilter, PayloadSort};
use super::quarantine::Quarantine;
use super::stat::Statistics;
use super::status::{self, Status, StatusFilter, StatusSort};
use crate::error::ApiError;

/// What has an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Names it among everything that has an id."))]
enum Node {
    Payload(Payload),
    Status(Status),
    Event(Event),
}

/// What can be asked.
#[derive(MergedObject, Default)]
pub(super) struct Query(Payloads, Events, Quarantine, FreshnessRoot, GenerationRoot, Statistics);

/// Payloads and their statuses.
#[derive(Default)]
struct Payloads;

#[Object]
impl Payloads {
    /// One payload: by its request id in any form (32 hex digits, dashed, or a chain whose first id counts), or by its global id. As it
    /// is, or as it was at a point of the log.
    async fn payload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As messages have it, in any form.")] request_id: Option<String>,
        #[graphql(desc = "As a payload of this API has it.")] id: Option<ID>,
        #[graphql(desc = "As it was then, folded anew from what had been appended.")] as_of: Option<AsOf>,
    ) -> Result<Option<Payload>> {
        let Some(point) = or_null(context, as_of.map(AsOf::into_point).transpose().map_err(shown)) else {
            return Ok(None);
        };
        let request_id = match (request_id, id) {
            (Some(request_id), None) => {
                Some(request_id).filter(|id| !id.contains('\0')).map(|id| RequestId::lookup(&id))
            }
            (None, Some(id)) => match GlobalId::read(&id) {
                Some(GlobalId::Payload(request_id)) => Some(request_id),
                Some(GlobalId::Status(..) | GlobalId::Event(_)) | None => None,
            },
            _ => return Err(shown(ApiError::BadRequest("one of requestId and id is given".to_owned()))),
        };
        let Some(request_id) = request_id else { return Ok(None) };
        if let Some(point) = point {
            return Ok(or_null(context, Past::of(context, request_id, point).await.map_err(shown)).flatten());
        }
        let found = batches(context).load_one(PayloadOf(request_id)).await.map_err(shown)?;
        Ok(found.map(Payload::now))
    }

    /// Whatever has this global id.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As this API gave it.")] id: ID,
    ) -> Result<Option<Node>> {
        match GlobalId::read(&id) {
            Some(GlobalId::Payload(request_id)) => {
                let found = batches(context).load_one(PayloadOf(request_id)).await.map_err(shown)?;
                Ok(found.map(|payload| Node::Payload(Payload::now(payload))))
            }
            Some(GlobalId::Status(request_id, position)) => {
                let place = StatusAt { request_id, position, is_whole: false };
                let found = batches(context).load_one(place).await.map_err(shown)?;
                Ok(found.map(|status| Node::Status(Status::cut(status))))
            }
            Some(GlobalId::Event(position)) => {
                Ok(or_null(context, Event::find(context, position).await.map_err(shown))
                    .flatten()
                    .map(Node::Event))
            }
            None => Ok(None),
        }
    }

    /// Payloads, those that began last first unless told otherwise. Ties are broken by number, in the same direction.
    #[expect(clippy::too_many_arguments, reason = "they are the field's")]
    async fn payloads(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which payloads.")] filter: Option<PayloadFilter>,
        #[graphql(desc = "What they go by.", default_with = "PayloadSort::CreatedAt")] sort_by: PayloadSort,
        #[graphql(desc = "Which end comes first.", default_with = "SortDirection::Desc")]
        sort_dir: SortDirection,
        #[graphql(desc = "So many from the beginning: 10 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
        #[graphql(
            desc = "Those of which there had been a status, as they were then. By REQUEST_ID alone, and filtered by requestId and date: of \
                all else time may tell something else."
        )]
        as_of: Option<AsOf>,
    ) -> Result<payload::List> {
        let (filter, order) = (filter.unwrap_or_default(), (sort_by, sort_dir.into()));
        let point = as_of.map(AsOf::into_point).transpose().map_err(shown)?;
        query(after, before, first, last, |after, before, _, _| async move {
            let asked = Asked { after, before, first, last };
            match point {
                Some(point) => payload::list_as_of(context, (filter, point), order, asked).await,
                None => payload::list(context, filter.into_query().map_err(shown)?, order, asked).await,
            }
        })
        .await
    }

    /// Statuses, those that happened last first unless told otherwise. Ties are broken by number, in the same direction.
    #[expect(clippy::too_many_arguments, reason = "they are the field's")]
    async fn statuses(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which statuses.")] filter: Option<StatusFilter>,
        #[graphql(desc = "What they go by.", default_with = "StatusSort::Date")] sort_by: StatusSort,
        #[graphql(desc = "Which end comes first.", default_with = "SortDirection::Desc")]
        sort_dir: SortDirection,
        #[graphql(desc = "So many from the beginning: 10 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
        #[graphql(
            desc = "Those that there had been, and their payloads as they were then. Filtered by what they say themselves: of a payload's \
                attributes time may tell something else. Given as positions, of 200,000 statuses at most."
        )]
        as_of: Option<AsOf>,
    ) -> Result<status::List> {
        let (filter, order) = (filter.unwrap_or_default(), (sort_by, sort_dir.into()));
        let point = as_of.map(AsOf::into_point).transpose().map_err(shown)?;
        query(after, before, first, last, |after, before, _, _| async move {
            let asked = Asked { after, before, first, last };
            match point {
                Some(point) => status::list_as_of(context, (filter, point), order, asked).await,
                None => status::list(context, filter.into_query().map_err(shown)?, order, asked).await,
            }
        })
        .await
    }
}
