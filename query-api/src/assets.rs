//! Files of pages for people: they work without internet access.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::error::ApiError;

/// A page itself, which may change with the next release.
pub(crate) fn page<F: Embed>() -> Response {
    file("index.html", F::get("index.html"), "no-cache")
}

/// What a page loads.
pub(crate) fn asset<F: Embed>(name: &str) -> Response {
    file(name, F::get(name), "public, max-age=86400")
}

fn file(name: &str, file: Option<EmbeddedFile>, cache: &'static str) -> Response {
    let Some(file) = file else {
        return ApiError::NotFound(format!("there is no file {name}")).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
    ];
    (headers, file.data).into_response()
}
