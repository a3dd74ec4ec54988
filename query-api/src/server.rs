//! What every request passes, whatever it asks for, from the outside in: the one place that logs and counts, compression, the rate
//! limit, a guard against panics, and limits of time and size.

mod access_log;
mod limit;
mod listen;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::client::Limiter;
use crate::config::TrafficArgs;
use crate::error::ApiError;
use crate::rest;

pub(crate) use self::listen::serve;

/// Longer than any statement may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Nobody's question is longer.
const LONGEST_URI: usize = 8 * 1024;
/// A GraphQL query is text that a person wrote; nothing else has a body.
const LONGEST_BODY: usize = 64 * 1024;

/// Puts the layers round the routes.
pub(crate) fn layers(
    routes: Router,
    args: &TrafficArgs,
    limiter: Arc<Limiter>,
    archive_timeout: Duration,
) -> Router {
    let panic = |_: Box<dyn Any + Send>| ApiError::Internal.into_response();
    let routes = routes
        .layer(RequestBodyLimitLayer::new(LONGEST_BODY))
        .layer(from_fn(limit_size))
        .layer(from_fn_with_state(REQUEST_TIMEOUT + archive_timeout, limit_time))
        .layer(CatchPanicLayer::custom(panic))
        .layer(from_fn_with_state(limiter, limit::check))
        .layer(CompressionLayer::new());
    let routes = match cors(args) {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    routes.layer(from_fn(keep_private)).layer(from_fn(access_log::observe))
}

/// An archive's link may take as long as storage-broker may, besides.
async fn limit_time(State(with_archive): State<Duration>, request: Request, next: Next) -> Response {
    let is_link = rest::is_archive_link(request.uri().path());
    let limit = if is_link { with_archive } else { REQUEST_TIMEOUT };
    let answered = tokio::time::timeout(limit, next.run(request)).await;
    answered.unwrap_or_else(|elapsed| ApiError::Unavailable(Arc::new(elapsed)).into_response())
}

async fn limit_size(request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |asked| asked.as_str().len());
    let size =
        request.headers().get(header::CONTENT_LENGTH).and_then(|size| size.to_str().ok()?.parse().ok());
    if length > LONGEST_URI {
        ApiError::TooLong.into_response()
    } else if size.unwrap_or(0) > LONGEST_BODY {
        ApiError::TooLarge.into_response()
    } else {
        next.run(request).await
    }
}

/// What an answer doesn't say itself: that nobody keeps it.
async fn keep_private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry("x-content-type-options").or_insert(HeaderValue::from_static("nosniff"));
    response
}

/// Pages of other origins may read what is listed, and send no credentials.
fn cors(args: &TrafficArgs) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = args.cors_allowed_origins.iter().map(|origin| origin.0.clone()).collect();
    let allowed = CorsLayer::new().allow_methods([Method::GET, Method::POST]);
    let allowed = allowed.allow_headers([header::CONTENT_TYPE, header::IF_NONE_MATCH]);
    (!origins.is_empty())
        .then(|| allowed.allow_origin(origins).expose_headers([header::ETAG, header::RETRY_AFTER]))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use clap::{Args as _, Command, FromArgMatches as _};
    use tower::ServiceExt as _;

    use super::*;

    // Seen to fail (the connection breaks off) without the guard.
    #[tokio::test]
    async fn a_panic_is_a_500_in_the_shape_of_every_error() {
        let command = TrafficArgs::augment_args(Command::new("serve"));
        let args = TrafficArgs::from_arg_matches(&command.get_matches_from(["serve"])).unwrap();
        let broken = async || -> &'static str { panic!("as a bug would") };
        let limiter = Arc::new(Limiter::new(&args));
        let routes = layers(Router::new().route("/", get(broken)), &args, limiter, Duration::ZERO);
        let response = routes.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let expected = serde_json::json!({"title": "Internal Server Error", "status": 500,
            "message": "an error of the service's own; it is logged"});
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap(), expected);
    }
}
