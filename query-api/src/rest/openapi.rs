//! The OpenAPI document: made from the routes as they are served.

mod parameter;
mod refusal;
mod swagger;

use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};

use super::error::Problem;

pub(super) use self::parameter::{
    KibanaParameters, PayloadParameters, StatParameters, StatusParameters, TimelineParameters, UuidParameter,
};
pub(super) use self::refusal::{
    ArchiveRefusals, IdRefusals, LinkRefusals, Refusals, RoleRefusals, Unhealthy,
};
pub(super) use self::swagger::swagger;

/// What isn't told by the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "payload-tracker",
        description = "What became of each payload: which services it passed, and how long it took.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    servers(
        (url = "/api/v1", description = "For services"),
        (url = "/app/payload-tracker/api/v1", description = "For the browser client")
    ),
    components(schemas(Problem))
)]
struct Frame;

/// The document before any route is in it.
pub(super) fn frame() -> Document {
    let mut document = Frame::openapi();
    let header = ApiKey::Header(ApiKeyValue::with_description(
        "x-rh-identity",
        "Who asks: base64 of JSON, set by the gateway. Needed for links to archives, and everywhere under ACCESS_POLICY=identity.",
    ));
    if let Some(components) = &mut document.components {
        components.add_security_scheme("identity", SecurityScheme::ApiKey(header));
    }
    document
}
