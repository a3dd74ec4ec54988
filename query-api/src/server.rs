//! What every request passes, whatever it asks for: a time limit, a guard against panics, metrics, and the one place that
//! logs an error.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use metrics::counter;
use runtime::retry::chain;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{error, warn};

use crate::error::ApiError;
use crate::{metric, rest};

/// Longer than any statement may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a request failed, for the log alone.
#[derive(Clone, Debug)]
pub(crate) struct Cause(pub(crate) Arc<dyn Error + Send + Sync>);

/// Puts the layers round the routes.
pub(crate) fn layers(routes: Router) -> Router {
    let panic = |_: Box<dyn Any + Send>| ApiError::Internal.into_response();
    routes.layer(from_fn(limit_time)).layer(CatchPanicLayer::custom(panic)).layer(from_fn(observe))
}

async fn limit_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    answered.unwrap_or_else(|elapsed| ApiError::Unavailable(Arc::new(elapsed)).into_response())
}

async fn observe(request: Request, next: Next) -> Response {
    let is_api = rest::PREFIXES.iter().any(|prefix| request.uri().path().starts_with(prefix));
    let method = request.method().clone();
    // Without the query, which may name somebody.
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let code = response.status().as_u16();
    if is_api {
        counter!(metric::REQUESTS).increment(1);
        counter!(metric::RESPONSES, "code" => code.to_string()).increment(1);
    }
    match response.extensions().get::<Cause>() {
        Some(Cause(cause)) => {
            warn!(%method, path, code, error = chain(cause.as_ref()), "a request could not be answered");
        }
        None if code == 500 => error!(%method, path, code, "a request made the service panic"),
        None => {}
    }
    response
}
