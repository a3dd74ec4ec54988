//! Swagger UI, from files of ours, and the documents that it and other programs read.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::Embed;

use super::{State, openapi, swagger};
use crate::assets;
use crate::error::ApiError;

#[derive(Embed)]
#[folder = "assets/swagger-ui"]
struct Files;

/// What is under each of the prefixes. Links within it are relative.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/openapi.json", get(async || Json(openapi())))
        .route("/swagger.json", get(async || Json(swagger())))
        .route("/docs", get(async || assets::page::<Files>()))
        .route("/docs/assets/{name}", get(asset))
}

async fn asset(asked: Result<Path<String>, PathRejection>) -> Response {
    match asked {
        Ok(Path(name)) => assets::asset::<Files>(&name),
        Err(_) => ApiError::BadRequest("the name is not valid text".to_owned()).into_response(),
    }
}
