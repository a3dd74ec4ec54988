//! What links have in common: whose they are, and how they are shown.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use metrics::counter;
use schema::{RequestId, RequestIdForm};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::metric;

/// A link to somewhere else.
// It has no `Debug`, so that it gets into no log.
#[derive(Serialize, ToSchema)]
pub(super) struct Link {
    /// Its address.
    pub(super) url: String,
}

/// The id of the path, as it was asked for and in its canonical form. It must be a UUID.
pub(super) fn asked_id(asked: Result<Path<String>, PathRejection>) -> Result<(String, RequestId), ApiError> {
    let Path(asked) = asked.map_err(|_| ApiError::BadRequest("the id is not valid text".to_owned()))?;
    match RequestIdForm::parse(&asked) {
        RequestIdForm::Uuid(request_id) => Ok((asked, request_id)),
        RequestIdForm::Chain { .. } | RequestIdForm::Other(_) => {
            counter!(metric::INVALID_REQUEST_IDS).increment(1);
            Err(ApiError::BadRequest(format!("{asked} is not a valid UUID")))
        }
    }
}
