//! The rate limit.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::client::Limiter;
use crate::rest;

/// Lets a request through, or says when to come again. Health is always told.
pub(super) async fn check(State(limiter): State<Arc<Limiter>>, request: Request, next: Next) -> Response {
    if rest::is_health(request.uri().path()) {
        return next.run(request).await;
    }
    let client = limiter.client(request.headers(), request.extensions());
    match limiter.check(&client) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}
