//! GraphQL: for engineers exploring, over the same queries as REST.

mod as_of;
mod asked;
mod batch;
mod claim;
mod cursor;
mod error;
mod event;
mod explanation;
mod filter;
mod freshness;
mod gate;
mod generation;
mod graphiql;
mod id;
mod live;
mod outcome;
mod page;
mod past;
mod payload;
mod persisted;
mod quarantine;
mod reading;
mod scalar;
mod service;
mod settled;
mod socket;
mod stat;
mod status;
mod total;

use std::sync::Arc;

use async_graphql::connection::query;
use async_graphql::{
    Context, EmptyMutation, ID, Interface, MergedObject, Object, Request, Result, Schema, SchemaBuilder,
};
use async_graphql_axum::GraphQLResponse;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use runtime::database::Pool;
use schema::RequestId;

use self::as_of::AsOf;
use self::asked::Asked;
use self::batch::{PayloadOf, StatusAt, batches};
use self::error::{or_null, shown};
use self::event::{Event, Events};
use self::freshness::FreshnessRoot;
use self::gate::{Gate, Limits, PAGE};
use self::generation::GenerationRoot;
use self::id::GlobalId;
pub(crate) use self::live::Hub;
use self::live::Live;
use self::past::Past;
use self::payload::{Payload, PayloadFilter, PayloadSort};
use self::persisted::Persisted;
use self::quarantine::Quarantine;
use self::reading::Reading;
use self::settled::settled;
pub(crate) use self::socket::Sockets;
use self::stat::Statistics;
use self::status::{Status, StatusFilter, StatusSort};
use crate::access::{AccessPolicy, Viewer};
use crate::config::ServeArgs;
use crate::error::{ApiError, RETRY_AFTER};
use crate::queries::Direction;

type Tracker = Schema<Query, EmptyMutation, Live>;

/// The longest page that somebody may ask for.
struct LongestPage(u32);

/// What the routes need.
#[derive(Clone)]
struct Served {
    tracker: Tracker,
    /// Whether the schema is told.
    introspection: bool,
    pool: Pool,
    access: AccessPolicy,
    hub: Arc<Hub>,
    sockets: Arc<Sockets>,
}

/// What has an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Names it among everything that has an id."))]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Node {
    Payload(Payload),
    Status(Status),
    Event(Event),
}

/// What can be asked.
#[derive(MergedObject, Default)]
struct Query(Payloads, Events, Quarantine, FreshnessRoot, GenerationRoot, Statistics);

/// Payloads and their statuses.
#[derive(Default)]
struct Payloads;

/// Which end comes first.
#[derive(async_graphql::Enum, Clone, Copy, PartialEq, Eq)]
enum SortDirection {
    /// The smallest first.
    Asc,
    /// The greatest first.
    Desc,
}

/// The routes of GraphQL and GraphiQL.
pub(crate) fn router(pool: Pool, args: &ServeArgs, hub: Arc<Hub>, sockets: Arc<Sockets>) -> Router {
    let tracker = schema(args.graphql.introspection).data(LongestPage(args.max_page_size)).finish();
    Router::new()
        .route("/graphql", get(socket::page_or_socket).post(answer))
        .route("/graphql/schema.graphql", get(download))
        .route("/graphql/assets/{name}", get(graphiql::asset))
        .with_state(Served {
            tracker,
            introspection: args.graphql.introspection,
            pool,
            access: args.access_policy,
            hub,
            sockets,
        })
}

/// The schema in its own language: what is checked in.
pub fn sdl() -> String {
    schema(true).finish().sdl()
}

fn schema(introspection: bool) -> SchemaBuilder<Query, EmptyMutation, Live> {
    let schema = Schema::build(Query::default(), EmptyMutation, Live);
    // First, so that the gate sees what was named.
    let schema = schema.extension(Persisted::new());
    let schema = schema.extension(Gate { limits: Limits::OURS, introspection });
    // To suggest what a field may be called takes longer than all other checks together, and tells the schema.
    let schema = schema.disable_suggestions();
    // What the library makes has no descriptions.
    let schema = schema
        .override_output_type_description::<payload::List>("A page of payloads.")
        .override_output_type_description::<status::List>("A page of statuses.")
        .override_output_type_description::<quarantine::List>("A page of messages that could not be decoded.")
        .override_output_type_description::<event::List>("A page of the log.")
        .override_output_type_description::<stat::SeenList>("A page of the services that were seen.");
    if introspection { schema } else { schema.disable_introspection() }
}

/// The schema as a file, where the schema is told at all.
async fn download(State(served): State<Served>, viewer: Result<Viewer, ApiError>) -> Response {
    if let Err(refused) = viewer {
        return refused.into_response();
    }
    if !served.introspection {
        return ApiError::NotFound("this service doesn't tell its schema".to_owned()).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"schema.graphql\""),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, served.tracker.sdl()).into_response()
}

/// Answers 200 with errors for what is wrong with a query, and 503 when a dependency fails, as REST does. What is no query of
/// somebody that we know is a 4xx.
async fn answer(
    State(served): State<Served>,
    viewer: Result<Viewer, ApiError>,
    asked: Result<Asked, ApiError>,
) -> Response {
    let (viewer, Asked(request)) = match (viewer, asked) {
        (Ok(viewer), Ok(asked)) => (viewer, asked),
        (Err(refused), _) | (_, Err(refused)) => return error::refusal(&refused),
    };
    let answer = served.execute(viewer, request).await;
    let is_unavailable = answer.errors.iter().any(error::is_unavailable);
    let cause = error::cause(&answer);
    let mut response = GraphQLResponse::from(answer).into_response();
    if let Some(cause) = cause {
        response.extensions_mut().insert(cause);
    }
    if is_unavailable {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

impl Served {
    /// Answers a request from one snapshot.
    async fn execute(&self, viewer: Viewer, request: Request) -> async_graphql::Response {
        let (request, mut desk) = Reading::open(self.pool.clone(), viewer.clone(), request);
        let request = request.data(viewer);
        tokio::select! {
            // First, so that all that can be asked together has been.
            biased;
            answer = settled(self.tracker.execute(request)) => answer,
            never = desk.serve() => match never {},
        }
    }
}

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
    ) -> Result<payload::List> {
        let filter = filter.unwrap_or_default().into_query().map_err(shown)?;
        let order = (sort_by, sort_dir.into());
        query(after, before, first, last, |after, before, _, _| async move {
            let asked = page::Asked { after, before, first, last };
            payload::list(context, filter, order, asked).await
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
    ) -> Result<status::List> {
        let filter = filter.unwrap_or_default().into_query().map_err(shown)?;
        let order = (sort_by, sort_dir.into());
        query(after, before, first, last, |after, before, _, _| async move {
            let asked = page::Asked { after, before, first, last };
            status::list(context, filter, order, asked).await
        })
        .await
    }
}

/// Whether who asks sees one organisation alone.
fn is_tenant(context: &Context<'_>) -> bool {
    matches!(context.data_unchecked::<Viewer>(), Viewer::Tenant(_))
}

impl AsRef<AccessPolicy> for Served {
    fn as_ref(&self) -> &AccessPolicy {
        &self.access
    }
}

impl From<SortDirection> for Direction {
    fn from(direction: SortDirection) -> Self {
        match direction {
            SortDirection::Asc => Self::Ascending,
            SortDirection::Desc => Self::Descending,
        }
    }
}
