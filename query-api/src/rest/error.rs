//! Errors as REST shows them: one shape for all.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::{ApiError, RETRY_AFTER};
use crate::server::Cause;

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadGateway(_) => StatusCode::BAD_GATEWAY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let title = status.canonical_reason().unwrap_or("Error");
        let body = json!({ "title": title, "message": self.to_string(), "status": status.as_u16() });
        let mut response = (status, Json(body)).into_response();
        match self {
            Self::Unavailable(cause) => {
                response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
                response.extensions_mut().insert(Cause(cause));
            }
            Self::BadGateway(cause) => {
                response.extensions_mut().insert(Cause(cause));
            }
            Self::MethodNotAllowed => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
            }
            Self::BadRequest(_)
            | Self::Unauthorized(_)
            | Self::Forbidden
            | Self::NotFound(_)
            | Self::Internal => {}
        }
        response
    }
}
