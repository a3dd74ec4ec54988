//! Conditional requests: nobody has to read again what they have already.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::error::ApiError;

/// A question, and the answers to it that the client has.
pub(super) struct Conditional {
    /// Path and query.
    pub(super) asked: String,
    known: HeaderMap,
}

impl Conditional {
    /// The answer of who has it already.
    pub(super) fn not_modified(&self, tag: &str) -> Option<Response> {
        let tags = self.known.get_all(header::IF_NONE_MATCH).iter();
        let mut tags = tags.flat_map(|line| line.to_str().unwrap_or_default().split(','));
        let quoted = format!("\"{tag}\"");
        tags.any(|known| known.trim().trim_start_matches("W/") == quoted)
            .then(|| (StatusCode::NOT_MODIFIED, headers(tag)).into_response())
    }
}

/// How an answer may be kept: by its client alone, and to be asked for again each time. It is weak, for `elapsed` differs.
pub(super) fn headers(tag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let tag = HeaderValue::from_str(&format!("W/\"{tag}\"")).expect("hex digits are a header's text");
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("x-rh-identity"));
    headers
}

impl<S: Sync> FromRequestParts<S> for Conditional {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut known = HeaderMap::new();
        for line in parts.headers.get_all(header::IF_NONE_MATCH) {
            known.append(header::IF_NONE_MATCH, line.clone());
        }
        Ok(Self { asked: parts.uri.to_string(), known })
    }
}
