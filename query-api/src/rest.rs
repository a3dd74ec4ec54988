//! REST, as the existing clients know it, under both of its prefixes.

mod archive;
mod body;
mod duration;
mod error;
mod health;
mod kibana;
mod link;
mod parameters;
mod payload;
mod stat;
mod status;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use runtime::database::Pool;

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
    pub(crate) max_page_size: u32,
    pub(crate) public_port: u16,
    pub(crate) archive: Arc<ArchiveArgs>,
    pub(crate) storage_broker: Arc<StorageBroker>,
    pub(crate) kibana: Arc<KibanaArgs>,
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
            .route(&format!("{prefix}/payloads/{{request_id}}/archiveLink"), get(archive::link))
            .route(&format!("{prefix}/payloads/{{request_id}}/kibanaLink"), get(kibana::link))
            .route(&format!("{prefix}/roles/archiveLink"), get(archive::role))
            .route(&format!("{prefix}/stats"), get(stat::show))
            .route(&format!("{prefix}/statuses"), get(status::list));
        if state.archive.requestor == Requestor::Mock {
            router = router.route(&format!("{prefix}/archive/{{id}}"), get(archive::mock));
        }
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
