//! GraphiQL, from files of ours: it works without internet access.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

use crate::error::ApiError;

#[derive(Embed)]
#[folder = "assets/graphiql"]
struct Assets;

/// The page.
pub(super) async fn page() -> Response {
    file("index.html", "no-cache")
}

/// A file of the page.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    file(&name, "public, max-age=86400")
}

fn file(name: &str, cache: &'static str) -> Response {
    let Some(file) = Assets::get(name) else {
        return ApiError::NotFound(format!("there is no file {name}")).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
    ];
    (headers, file.data).into_response()
}
