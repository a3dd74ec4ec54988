//! GraphQL: for engineers exploring, over the same queries as REST.

mod error;
mod graphiql;
mod payload;
mod status;

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Result, Schema};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use runtime::database::Pool;
use schema::RequestId;

use self::error::shown;
use self::payload::{Payload, PayloadFilter, PayloadPage, PayloadSort};
use self::status::{StatusFilter, StatusPage, StatusSort};
use crate::access::{AccessPolicy, Viewer};
use crate::error::{ApiError, QueryError, RETRY_AFTER};
use crate::queries::status::Messages;
use crate::queries::{
    Connection, Direction, Page, Snapshot, payload as payload_queries, status as status_queries,
};

/// Enough for any sensible query of this schema and for what GraphiQL asks of it; few enough to refuse a bomb.
const DEPTH_LIMIT: usize = 20;
const COMPLEXITY_LIMIT: usize = 50_000;

type Tracker = Schema<Query, EmptyMutation, EmptySubscription>;

/// What the resolvers need.
struct Reader {
    pool: Pool,
    max_page_size: u32,
}

/// What the routes need.
#[derive(Clone)]
struct Served {
    tracker: Tracker,
    access: AccessPolicy,
}

/// The root of all questions.
struct Query;

/// Which end comes first.
#[derive(async_graphql::Enum, Clone, Copy, PartialEq, Eq)]
enum SortDirection {
    /// The smallest first.
    Asc,
    /// The greatest first.
    Desc,
}

/// The routes of GraphQL and GraphiQL.
pub(crate) fn router(pool: Pool, max_page_size: u32, access: AccessPolicy) -> Router {
    let tracker = schema().data(Reader { pool, max_page_size }).finish();
    Router::new()
        .route("/graphql", get(graphiql::page).post(answer))
        .route("/graphql/assets/{name}", get(graphiql::asset))
        .with_state(Served { tracker, access })
}

/// The schema in its own language: what is checked in.
pub fn sdl() -> String {
    schema().finish().sdl()
}

fn schema() -> async_graphql::SchemaBuilder<Query, EmptyMutation, EmptySubscription> {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .limit_depth(DEPTH_LIMIT)
        .limit_complexity(COMPLEXITY_LIMIT)
}

/// Answers 200 with errors for what is wrong with a query, and 503 when a dependency fails, as REST does.
async fn answer(State(served): State<Served>, viewer: Viewer, request: GraphQLRequest) -> Response {
    let answer = served.tracker.execute(request.into_inner().data(viewer)).await;
    let is_unavailable = answer.errors.iter().any(error::is_unavailable);
    let mut response = GraphQLResponse::from(answer).into_response();
    if is_unavailable {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

#[Object]
impl Query {
    /// One payload, by its request id in any form: 32 hex digits, dashed, or a chain whose first id counts.
    async fn payload(&self, context: &Context<'_>, request_id: String) -> Result<Option<Payload>> {
        if request_id.contains('\0') {
            return Ok(None);
        }
        let mut connection = connect(context).await.map_err(shown)?;
        let snapshot = Snapshot::begin(&mut connection, viewer(context)).await.map_err(shown)?;
        let found = payload_queries::find(&snapshot, &RequestId::lookup(&request_id)).await.map_err(shown)?;
        Ok(found.map(Payload::from))
    }

    /// Payloads, and how many there are for the filter.
    #[graphql(complexity = "page_size as usize * child_complexity")]
    async fn payloads(
        &self,
        context: &Context<'_>,
        #[graphql(default)] filter: PayloadFilter,
        #[graphql(default_with = "PayloadSort::CreatedAt")] sort_by: PayloadSort,
        #[graphql(default_with = "SortDirection::Desc")] sort_dir: SortDirection,
        #[graphql(desc = "From 0.", default)] page: u32,
        #[graphql(default = 10)] page_size: u32,
    ) -> Result<PayloadPage> {
        let page = checked_page(context, page, page_size).map_err(shown)?;
        let filter = filter.into_query().map_err(shown)?;
        let mut connection = connect(context).await.map_err(shown)?;
        let snapshot = Snapshot::begin(&mut connection, viewer(context)).await.map_err(shown)?;
        let order = (sort_by.into(), sort_dir.into());
        let listed = payload_queries::list(&snapshot, &filter, order, page).await.map_err(shown)?;
        PayloadPage::of(listed).await.map_err(shown)
    }

    /// Statuses, and how many there are for the filter.
    #[graphql(complexity = "page_size as usize * child_complexity")]
    async fn statuses(
        &self,
        context: &Context<'_>,
        #[graphql(default)] filter: StatusFilter,
        #[graphql(default_with = "StatusSort::Date")] sort_by: StatusSort,
        #[graphql(default_with = "SortDirection::Desc")] sort_dir: SortDirection,
        #[graphql(desc = "From 0.", default)] page: u32,
        #[graphql(default = 10)] page_size: u32,
    ) -> Result<StatusPage> {
        let page = checked_page(context, page, page_size).map_err(shown)?;
        let filter = filter.into_query().map_err(shown)?;
        let mut connection = connect(context).await.map_err(shown)?;
        let snapshot = Snapshot::begin(&mut connection, viewer(context)).await.map_err(shown)?;
        let order = (sort_by.into(), sort_dir.into());
        let listed = status_queries::list(&snapshot, &filter, order, page, Messages::Whole).await;
        StatusPage::of(listed.map_err(shown)?).await.map_err(shown)
    }
}

/// Who asks.
fn viewer(context: &Context<'_>) -> Viewer {
    context.data_unchecked::<Viewer>().clone()
}

async fn connect(context: &Context<'_>) -> Result<Connection, QueryError> {
    Connection::take(&context.data_unchecked::<Reader>().pool).await
}

fn checked_page(context: &Context<'_>, number: u32, size: u32) -> Result<Page, ApiError> {
    let most = context.data_unchecked::<Reader>().max_page_size;
    if (1..=most).contains(&size) {
        return Ok(Page { number, size });
    }
    Err(ApiError::BadRequest(format!("pageSize must be a number from 1 to {most}")))
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
