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
mod message;
mod order;
mod outcome;
mod page;
mod past;
mod payload;
mod persisted;
mod quarantine;
mod query;
mod reading;
mod reason;
mod scalar;
mod service;
mod settled;
mod socket;
mod stat;
mod status;
mod total;

use std::sync::Arc;

use async_graphql::{Context, EmptyMutation, Request, Schema, SchemaBuilder};
use async_graphql_axum::GraphQLResponse;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use runtime::database::Pool;

use self::asked::Asked;
use self::gate::{Gate, Limits, PAGE};
pub(crate) use self::live::Hub;
use self::live::Live;
use self::persisted::Persisted;
use self::query::Query;
use self::reading::Reading;
use self::settled::settled;
pub(crate) use self::socket::Sockets;
use crate::access::{AccessPolicy, Viewer};
use crate::config::ServeArgs;
use crate::error::{ApiError, RETRY_AFTER};

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

/// Whether who asks sees one organisation alone.
fn is_tenant(context: &Context<'_>) -> bool {
    matches!(context.data_unchecked::<Viewer>(), Viewer::Tenant(_))
}

impl AsRef<AccessPolicy> for Served {
    fn as_ref(&self) -> &AccessPolicy {
        &self.access
    }
}
