//! The access log: one line for each request, without its query, its identity or any body; and what is counted of it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};
use runtime::retry::chain;
use runtime::telemetry::continue_trace;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, error, info, info_span, warn};
use uuid::Uuid;

use crate::error::Cause;
use crate::{metric, rest};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ones are somebody's mischief.
const LONGEST_ID: usize = 64;

/// Logs and counts a request, and gives it an id, unless it has one.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let started_at = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    // Without the query, which may name somebody.
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".to_owned());
    let span = span(&request, &route, &id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let code = response.status().as_u16();
    span.record("http.response.status_code", code);
    if code >= 500 {
        span.record("otel.status_code", "ERROR");
    }
    let elapsed = started_at.elapsed();
    count(&route, method.as_str(), code);
    histogram!(metric::REQUEST_SECONDS, "route" => route.clone()).record(elapsed);
    let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let request_id = id.to_str().unwrap_or_default();
    match response.extensions().get::<Cause>() {
        Some(Cause(cause)) => {
            let error = chain(cause.as_ref());
            warn!(%method, path, route, code, duration_ms, request_id, error, "a request could not be answered");
        }
        None if code == 500 => {
            error!(%method, path, route, code, duration_ms, request_id, "a request made the service panic");
        }
        None => info!(%method, path, route, code, duration_ms, request_id, "answered"),
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// What is traced of it: no path, for it may name somebody.
fn span(request: &Request, route: &str, id: &HeaderValue) -> Span {
    let method = known(request.method().as_str());
    let span = info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request_id = id.to_str().unwrap_or_default(),
    );
    continue_trace(&span, request.headers());
    span
}

/// A method that nobody serves isn't named: whoever asks could say anything there.
fn known(method: &str) -> &'static str {
    ["GET", "HEAD", "POST"].into_iter().find(|known| *known == method).unwrap_or("other")
}

fn count(route: &str, method: &str, code: u16) {
    let (route, method, code) = (route.to_owned(), known(method), code.to_string());
    if rest::PREFIXES.iter().any(|prefix| route.starts_with(prefix)) {
        counter!(metric::REQUESTS).increment(1);
        counter!(metric::RESPONSES, "code" => code.clone()).increment(1);
    }
    counter!(metric::REQUESTS_TOTAL, "route" => route, "method" => method, "code" => code).increment(1);
}

/// The one that the gateway gave it, if it looks like one.
fn request_id(request: &Request) -> HeaderValue {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let given = request.headers().get(REQUEST_ID).filter(|id| {
        !id.is_empty() && id.len() <= LONGEST_ID && id.as_bytes().iter().all(|byte| is_plain(*byte))
    });
    given.cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&Uuid::new_v4().simple().to_string()).expect("hex digits are a header's text")
    })
}
