//! GraphQL: for engineers exploring, over the same queries as REST.

mod asked;
mod error;
mod gate;
mod graphiql;
mod payload;
mod status;

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Schema, SchemaBuilder};
use async_graphql_axum::GraphQLResponse;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use runtime::database::Pool;
use schema::RequestId;

use self::asked::Asked;
use self::error::shown;
use self::gate::{Gate, Limits};
use self::payload::{Payload, PayloadFilter, PayloadPage, PayloadSort};
use self::status::{StatusFilter, StatusPage, StatusSort};
use crate::access::{AccessPolicy, Viewer};
use crate::config::ServeArgs;
use crate::error::{ApiError, QueryError, RETRY_AFTER};
use crate::queries::status::Messages;
use crate::queries::{
    Connection, Direction, Page, Snapshot, payload as payload_queries, status as status_queries,
};

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
pub(crate) fn router(pool: Pool, args: &ServeArgs) -> Router {
    let reader = Reader { pool, max_page_size: args.max_page_size };
    let tracker = schema(args.graphql.introspection).data(reader).finish();
    Router::new()
        .route("/graphql", get(graphiql::page).post(answer))
        .route("/graphql/assets/{name}", get(graphiql::asset))
        .with_state(Served { tracker, access: args.access_policy })
}

/// The schema in its own language: what is checked in.
pub fn sdl() -> String {
    schema(true).finish().sdl()
}

fn schema(introspection: bool) -> SchemaBuilder<Query, EmptyMutation, EmptySubscription> {
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription);
    let schema = schema.extension(Gate { limits: Limits::OURS, introspection });
    // To suggest what a field may be called takes longer than all other checks together, and tells the schema.
    let schema = schema.disable_suggestions();
    if introspection { schema } else { schema.disable_introspection() }
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
    let answer = served.tracker.execute(request.data(viewer)).await;
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
    async fn payload(
        &self,
        context: &Context<'_>,
        request_id: String,
    ) -> async_graphql::Result<Option<Payload>> {
        if request_id.contains('\0') {
            return Ok(None);
        }
        let mut connection = connect(context).await.map_err(shown)?;
        let snapshot = Snapshot::begin(&mut connection, viewer(context)).await.map_err(shown)?;
        let found = payload_queries::find(&snapshot, &RequestId::lookup(&request_id)).await.map_err(shown)?;
        Ok(found.map(Payload::from))
    }

    /// Payloads, and how many there are for the filter.
    async fn payloads(
        &self,
        context: &Context<'_>,
        #[graphql(default)] filter: PayloadFilter,
        #[graphql(default_with = "PayloadSort::CreatedAt")] sort_by: PayloadSort,
        #[graphql(default_with = "SortDirection::Desc")] sort_dir: SortDirection,
        #[graphql(desc = "From 0.", default)] page: u32,
        #[graphql(default = 10)] page_size: u32,
    ) -> async_graphql::Result<PayloadPage> {
        let page = checked_page(context, page, page_size).map_err(shown)?;
        let filter = filter.into_query().map_err(shown)?;
        let mut connection = connect(context).await.map_err(shown)?;
        let snapshot = Snapshot::begin(&mut connection, viewer(context)).await.map_err(shown)?;
        let order = (sort_by.into(), sort_dir.into());
        let listed = payload_queries::list(&snapshot, &filter, order, page).await.map_err(shown)?;
        PayloadPage::of(listed).await.map_err(shown)
    }

    /// Statuses, and how many there are for the filter.
    async fn statuses(
        &self,
        context: &Context<'_>,
        #[graphql(default)] filter: StatusFilter,
        #[graphql(default_with = "StatusSort::Date")] sort_by: StatusSort,
        #[graphql(default_with = "SortDirection::Desc")] sort_dir: SortDirection,
        #[graphql(desc = "From 0.", default)] page: u32,
        #[graphql(default = 10)] page_size: u32,
    ) -> async_graphql::Result<StatusPage> {
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
