//! Errors as GraphQL shows them: the same text as REST, and a code for machines.

use std::sync::Arc;

use async_graphql::{
    Context, Error, ErrorExtensionValues, ErrorExtensions as _, Response, ServerError, Value,
};
use axum::Json;
use axum::response::IntoResponse as _;
use metrics::counter;
use projection::PointError;

use crate::error::{ApiError, Cause};
use crate::metric;
use crate::queries::stat::TooMany;

/// The codes. Clients go by them, so they stay as they are; docs/graphql.md says what each means.
pub(super) mod code {
    pub(in crate::graphql) const BAD_REQUEST: &str = "BAD_REQUEST";
    pub(in crate::graphql) const INTERNAL: &str = "INTERNAL";
    pub(in crate::graphql) const INTROSPECTION_OFF: &str = "INTROSPECTION_OFF";
    pub(in crate::graphql) const LOG_LIMIT: &str = "LOG_LIMIT";
    pub(in crate::graphql) const NO_INDEX: &str = "NO_INDEX";
    pub(in crate::graphql) const NO_SUCH_EVENT: &str = "NO_SUCH_EVENT";
    pub(in crate::graphql) const NOT_KEPT: &str = "NOT_KEPT";
    pub(in crate::graphql) const PARSE_FAILED: &str = "PARSE_FAILED";
    pub(in crate::graphql) const PERSISTED_QUERY_NOT_FOUND: &str = "PERSISTED_QUERY_NOT_FOUND";
    pub(in crate::graphql) const TOO_COSTLY: &str = "TOO_COSTLY";
    pub(in crate::graphql) const TOO_DEEP: &str = "TOO_DEEP";
    pub(in crate::graphql) const TOO_LARGE: &str = "TOO_LARGE";
    pub(in crate::graphql) const TOO_LONG: &str = "TOO_LONG";
    pub(in crate::graphql) const TOO_MANY_CONNECTIONS: &str = "TOO_MANY_CONNECTIONS";
    pub(in crate::graphql) const TOO_MANY_REQUESTS: &str = "TOO_MANY_REQUESTS";
    pub(in crate::graphql) const TOO_MANY_SUBSCRIPTIONS: &str = "TOO_MANY_SUBSCRIPTIONS";
    pub(in crate::graphql) const UNAVAILABLE: &str = "UNAVAILABLE";
    pub(in crate::graphql) const VALIDATION_FAILED: &str = "VALIDATION_FAILED";
}

/// Whether it is a dependency that failed.
pub(super) fn is_unavailable(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    code.is_some_and(|code| *code == Value::from(code::UNAVAILABLE))
}

/// The error with a code, unless it has one.
pub(super) fn coded(mut error: ServerError, code: &'static str) -> ServerError {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    error
}

/// Counts what went wrong.
pub(super) fn count(error: &ServerError) {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    if let Some(Value::String(code)) = code {
        counter!(metric::GRAPHQL_ERRORS, "code" => code.clone()).increment(1);
    }
}

/// The error as clients see it.
pub(super) fn shown(error: impl Into<ApiError>) -> Error {
    let error = error.into();
    let code = code_of(&error);
    Error::new_with_source(error).extend_with(|_, extensions| extensions.set("code", code))
}

/// Why a dependency failed, for the log alone. Many fields of an answer may have failed for it.
pub(super) fn cause(answer: &Response) -> Option<Cause> {
    answer.errors.iter().find_map(|error| match error.source::<ApiError>() {
        Some(ApiError::Unavailable(cause)) => Some(Cause(Arc::clone(cause))),
        _ => None,
    })
}

/// What was asked for, or null beside an error: the rest of the answer stands.
pub(super) fn or_null<T>(context: &Context<'_>, answered: Result<T, Error>) -> Option<T> {
    let refused = |error: Error| {
        context.add_error(context.set_error_path(error.into_server_error(context.item.pos)));
    };
    answered.map_err(refused).ok()
}

/// A list for each page of which too much would have to be sorted, or looked through.
pub(super) fn no_index(items: &str) -> Error {
    let message = format!(
        "more than 200,000 {items} would have to be sorted or looked through, for no index has what is asked for in this order: \
        ask for fewer, or in the order of what is asked for"
    );
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code::NO_INDEX))
}

/// Statistics that would be summed up of too many rows.
pub(super) fn too_many(too_many: TooMany) -> Error {
    let message = format!(
        "{too_many} would have to be summed up one by one: ask for a narrower window, where there is one"
    );
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code::NO_INDEX))
}

/// A whole request that isn't answered, in the shape of every answer of GraphQL.
pub(super) fn refusal(error: &ApiError) -> axum::response::Response {
    let shown = coded(ServerError::new(error.to_string(), None), code_of(error));
    (error.status(), Json(Response::from_errors(vec![shown]))).into_response()
}

fn code_of(error: &ApiError) -> &'static str {
    match error {
        ApiError::BadRequest(_) => code::BAD_REQUEST,
        ApiError::Unauthorized(_) => "UNAUTHORIZED",
        ApiError::Forbidden => "FORBIDDEN",
        ApiError::NotFound(_) => "NOT_FOUND",
        ApiError::LogLimit => code::LOG_LIMIT,
        ApiError::TooMuchToPass => code::NO_INDEX,
        ApiError::Point(PointError::NoSuchEvent(..)) => code::NO_SUCH_EVENT,
        ApiError::Point(PointError::NotKept(..)) => code::NOT_KEPT,
        ApiError::TooLong => code::TOO_LONG,
        ApiError::TooLarge => code::TOO_LARGE,
        ApiError::TooManyRequests(_) => code::TOO_MANY_REQUESTS,
        ApiError::MethodNotAllowed => "METHOD_NOT_ALLOWED",
        ApiError::Unavailable(_) => code::UNAVAILABLE,
        ApiError::BadGateway(_) => "BAD_GATEWAY",
        ApiError::Internal => code::INTERNAL,
    }
}
