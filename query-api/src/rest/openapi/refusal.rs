//! What each route may answer instead, with errors as they really are for examples.

use std::collections::BTreeMap;
use std::sync::Arc;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::error::{ApiError, Excess};
use crate::rest::error::Problem;
use crate::storage_broker::BrokerError;

/// Of every route that asks the read models.
pub(in crate::rest) struct Refusals;
/// Of routes that take any id.
pub(in crate::rest) struct IdRefusals;
/// Of routes that take a UUID.
pub(in crate::rest) struct LinkRefusals;
/// Of what takes a role.
pub(in crate::rest) struct RoleRefusals;
/// Of links to archives.
pub(in crate::rest) struct ArchiveRefusals;
/// Of health.
pub(in crate::rest) struct Unhealthy;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        let mut all = RoleRefusals::responses();
        all.extend([
            refusal("A parameter is wrong", bad_request("page must be a number from 0")),
            refusal("The read models can't be asked", unavailable()),
        ]);
        all
    }
}

impl IntoResponses for IdRefusals {
    fn responses() -> Responses {
        let message = "payload with id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9 not found".to_owned();
        let mut all = Refusals::responses();
        all.extend([refusal("There is no such payload to be seen", ApiError::NotFound(message))]);
        all
    }
}

impl IntoResponses for LinkRefusals {
    fn responses() -> Responses {
        let mut all = IdRefusals::responses();
        all.extend([refusal("The id isn't a UUID", bad_request("nope is not a valid UUID"))]);
        all
    }
}

impl IntoResponses for RoleRefusals {
    fn responses() -> Responses {
        let missing = ApiError::Unauthorized("Missing Identity Header".to_owned());
        [
            refusal(
                "The identity is sent more than once, too long, or of two organisations",
                bad_request("x-rh-identity was sent more than once"),
            ),
            refusal("No identity, or none that can be read", missing),
            refusal("An identity that may not", ApiError::Forbidden),
            refusal(
                "Too many requests of one client",
                ApiError::TooManyRequests(Excess { most: 3_000, wait_seconds: 1 }),
            ),
            refusal("An error of the service's own", ApiError::Internal),
            too_long(),
        ]
        .into()
    }
}

impl IntoResponses for ArchiveRefusals {
    fn responses() -> Responses {
        let mut all = LinkRefusals::responses();
        all.extend([
            refusal("There is no archive of it", ApiError::NotFound("Payload not found".to_owned())),
            refusal("storage-broker gave no usable answer", BrokerError::Body.into()),
        ]);
        all
    }
}

impl IntoResponses for Unhealthy {
    fn responses() -> Responses {
        [refusal("The database doesn't answer within a second", unavailable()), too_long()].into()
    }
}

fn bad_request(message: &str) -> ApiError {
    ApiError::BadRequest(message.to_owned())
}

fn too_long() -> (String, RefOr<Response>) {
    refusal("The URL is longer than 8 KiB", ApiError::TooLong)
}

fn unavailable() -> ApiError {
    ApiError::Unavailable(Arc::new(BrokerError::Body))
}

fn refusal(description: &str, error: ApiError) -> (String, RefOr<Response>) {
    let problem = Problem::from(&error);
    let example = serde_json::to_value(&problem).ok();
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(example).build();
    let response = ResponseBuilder::new().description(description).content("application/json", content);
    (error.status().as_u16().to_string(), response.build().into())
}
