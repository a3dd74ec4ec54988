//! Errors as GraphQL shows them: the same text as REST, and a code for machines.

use async_graphql::{Error, ErrorExtensions as _, ServerError, Value};
use runtime::retry::chain;
use tracing::warn;

use crate::error::ApiError;

const UNAVAILABLE: &str = "UNAVAILABLE";

/// Whether it is a dependency that failed.
pub(super) fn is_unavailable(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    code.is_some_and(|code| *code == Value::from(UNAVAILABLE))
}

/// The error as clients see it.
pub(super) fn shown(error: impl Into<ApiError>) -> Error {
    let error = error.into();
    let code = match &error {
        ApiError::BadRequest(_) => "BAD_REQUEST",
        ApiError::Unauthorized(_) => "UNAUTHORIZED",
        ApiError::Forbidden => "FORBIDDEN",
        ApiError::NotFound(_) => "NOT_FOUND",
        ApiError::TooLong => "TOO_LONG",
        ApiError::TooLarge => "TOO_LARGE",
        ApiError::TooManyRequests(_) => "TOO_MANY_REQUESTS",
        ApiError::MethodNotAllowed => "METHOD_NOT_ALLOWED",
        ApiError::Unavailable(cause) => {
            // An answer of GraphQL has no place for the cause, which is for the log alone, so it is logged here.
            warn!(error = chain(cause.as_ref()), "a GraphQL field could not be answered");
            UNAVAILABLE
        }
        ApiError::BadGateway(_) => "BAD_GATEWAY",
        ApiError::Internal => "INTERNAL",
    };
    Error::new(error.to_string()).extend_with(|_, extensions| extensions.set("code", code))
}
