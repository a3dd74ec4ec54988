//! Errors as REST shows them: one shape for all.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, Cause, Excess, RETRY_AFTER};

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The status in words.
    title: &'static str,
    /// What is wrong, and what would be right.
    message: String,
    /// The status.
    status: u16,
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Self {
        let status = error.status();
        let title = status.canonical_reason().unwrap_or("Error");
        Self { title, message: error.to_string(), status: status.as_u16() }
    }
}

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::LogLimit | Self::TooMuchToPass | Self::Point(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadGateway(_) => StatusCode::BAD_GATEWAY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(Problem::from(&self))).into_response();
        match self {
            Self::Unavailable(cause) => {
                response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
                response.extensions_mut().insert(Cause(cause));
            }
            Self::TooManyRequests(Excess { most, wait_seconds }) => {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, wait_seconds.into());
                headers.insert("x-ratelimit-limit", most.into());
                headers.insert("x-ratelimit-remaining", 0.into());
                headers.insert("x-ratelimit-reset", wait_seconds.into());
            }
            Self::BadGateway(cause) => {
                response.extensions_mut().insert(Cause(cause));
            }
            Self::MethodNotAllowed => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
            }
            Self::BadRequest(_)
            | Self::LogLimit
            | Self::TooMuchToPass
            | Self::Point(_)
            | Self::Unauthorized(_)
            | Self::Forbidden
            | Self::NotFound(_)
            | Self::TooLong
            | Self::TooLarge
            | Self::Internal => {}
        }
        response
    }
}
