//! GraphiQL, from files of ours.

use axum::extract::Path;
use axum::response::Response;
use rust_embed::Embed;

use crate::assets;

#[derive(Embed)]
#[folder = "assets/graphiql"]
struct Files;

/// The page.
pub(super) async fn page() -> Response {
    assets::page::<Files>()
}

/// A file of the page.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    assets::asset::<Files>(&name)
}
