//! Health, as the incumbent's probes ask for it.

use std::time::Duration;

use axum::extract;
use tokio::time::timeout;

use super::State;
use super::openapi::Unhealthy;
use crate::error::{ApiError, QueryError};

/// A database that takes longer isn't healthy.
const LIMIT: Duration = Duration::from_secs(1);

/// Health
///
/// 200 when the database answers in time.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "find_health",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain", example = "OK"), Unhealthy)
)]
pub(super) async fn health(extract::State(state): extract::State<State>) -> Result<&'static str, ApiError> {
    let ask = async {
        let client = state.probe.get().await?;
        client.simple_query("select 1").await?;
        Ok::<_, QueryError>("OK")
    };
    Ok(timeout(LIMIT, ask).await.map_err(QueryError::from)??)
}
