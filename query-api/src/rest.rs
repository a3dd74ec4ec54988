//! REST, as the existing clients know it, under both of its prefixes.

mod archive;
mod body;
mod conditional;
mod docs;
mod duration;
mod error;
mod health;
mod kibana;
mod link;
mod openapi;
mod parameters;
mod payload;
mod stat;
mod status;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use runtime::database::Pool;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::AccessPolicy;
use crate::config::{ArchiveArgs, KibanaArgs, Requestor};
use crate::error::ApiError;
use crate::storage_broker::StorageBroker;

/// Where the API lives: for services, and for the browser client.
pub(crate) const PREFIXES: [&str; 2] = ["/api/v1", "/app/payload-tracker/api/v1"];

/// What handlers need.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) pool: Pool,
    /// Writes the audit.
    pub(crate) audit: Pool,
    /// Whether the database answers is asked beside what others ask of it.
    pub(crate) probe: Pool,
    pub(crate) answer_timeout: Duration,
    pub(crate) max_page_size: u32,
    pub(crate) public_port: u16,
    pub(crate) access: AccessPolicy,
    pub(crate) archive: Arc<ArchiveArgs>,
    pub(crate) storage_broker: Arc<StorageBroker>,
    pub(crate) kibana: Arc<KibanaArgs>,
}

impl AsRef<AccessPolicy> for State {
    fn as_ref(&self) -> &AccessPolicy {
        &self.access
    }
}

/// All routes of REST.
pub(crate) fn router(state: State) -> Router {
    let (routes, _) = routes(state.archive.requestor == Requestor::Mock).split_for_parts();
    let mut router = Router::new().route("/", get(lubdub)).route("/health", get(health::health));
    for prefix in PREFIXES {
        router = router
            .nest(prefix, routes.clone().merge(docs::router()))
            .route(prefix, get(lubdub))
            .route(&format!("{prefix}/"), get(lubdub));
    }
    router
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .fallback(async || ApiError::NotFound("there is nothing here".to_owned()))
        .with_state(state)
}

/// Whether a path is that of health, which is told to everybody at any time.
pub(crate) fn is_health(path: &str) -> bool {
    let path = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path);
    path == "/health"
}

/// Whether a path is that of a link to an archive, which somebody else is asked for.
pub(crate) fn is_archive_link(path: &str) -> bool {
    path.ends_with("/archiveLink")
}

/// The OpenAPI document of the routes that are always there: what is checked in.
pub fn openapi() -> Value {
    serde_json::to_value(routes(false).into_openapi()).expect("texts are written to memory")
}

/// The same as Swagger 2.0.
pub fn swagger() -> Value {
    openapi::swagger(&openapi())
}

/// What is under each of the prefixes.
fn routes(is_mock: bool) -> OpenApiRouter<State> {
    let routes = OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(health::health))
        .routes(routes!(payload::list))
        .routes(routes!(payload::find))
        .routes(routes!(archive::link))
        .routes(routes!(kibana::link))
        .routes(routes!(archive::role))
        .routes(routes!(status::list))
        .routes(routes!(stat::show));
    if is_mock { routes.route("/archive/{id}", get(archive::mock)) } else { routes }
}

/// The sound of a heart that beats.
async fn lubdub() -> &'static str {
    "lubdub"
}
