//! What is asked over HTTP: one query, in JSON.

use async_graphql::Request;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request as HttpRequest};
use axum::http::{HeaderMap, header};

use crate::error::ApiError;

/// A query with its variables.
///
/// No form is taken and no text, which any page of the web can have a browser send; and no batch, which would be gone through whatever
/// one of its queries costs.
pub(super) struct Asked(pub(super) Request);

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = ApiError;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(bad("a query is sent as application/json"));
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| ApiError::TooLarge)?;
        if body.trim_ascii_start().starts_with(b"[") {
            return Err(bad("queries are sent one by one, and not as a list"));
        }
        let request = serde_json::from_slice(&body);
        request.map(Self).map_err(|error| bad(&format!("the body is no query in JSON: {error}")))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn bad(message: &str) -> ApiError {
    ApiError::BadRequest(message.to_owned())
}
