//! REST, as the existing clients know it, under both of its prefixes.

mod body;
mod duration;
mod error;
mod health;
mod parameters;
mod payload;
mod status;

use axum::Router;
use axum::routing::get;
use runtime::database::Pool;

use crate::error::ApiError;

/// Where the API lives: for services, and for the browser client.
pub(crate) const PREFIXES: [&str; 2] = ["/api/v1", "/app/payload-tracker/api/v1"];

/// What handlers need.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) pool: Pool,
    pub(crate) max_page_size: u32,
}

/// All routes of REST.
pub(crate) fn router(state: State) -> Router {
    let mut router = Router::new().route("/", get(lubdub)).route("/health", get(health::health));
    for prefix in PREFIXES {
        router = router
            .route(prefix, get(lubdub))
            .route(&format!("{prefix}/"), get(lubdub))
            .route(&format!("{prefix}/health"), get(health::health))
            .route(&format!("{prefix}/payloads"), get(payload::list))
            .route(&format!("{prefix}/payloads/{{request_id}}"), get(payload::find))
            .route(&format!("{prefix}/statuses"), get(status::list));
    }
    router
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .fallback(async || ApiError::NotFound("there is nothing here".to_owned()))
        .with_state(state)
}

/// The sound of a heart that beats.
async fn lubdub() -> &'static str {
    "lubdub"
}
