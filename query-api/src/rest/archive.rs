//! `/payloads/{request_id}/archiveLink`, who may have it, and what the links of mock lead to.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use schema::RequestId;
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use super::link::{Link, asked_id};
use super::openapi::{ArchiveRefusals, RoleRefusals, UuidParameter};
use crate::access::Viewer;
use crate::config::Requestor;
use crate::error::ApiError;
use crate::identity::Identity;
use crate::queries::{Connection, Snapshot, audit, form};
use crate::storage_broker::BrokerError;

/// That somebody may have links to archives.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Permission {
    /// Always true: who may not gets a 403.
    allowed: bool,
}

/// May I have links to archives?
#[utoipa::path(
    get,
    path = "/roles/archiveLink",
    operation_id = "find_archive_role",
    responses((status = 200, description = "You may", body = Permission, example = json!({"allowed": true})), RoleRefusals),
    security(("identity" = []))
)]
pub(super) async fn role(
    State(state): State<super::State>,
    headers: HeaderMap,
) -> Result<Json<Permission>, ApiError> {
    authorize(&state, &headers)?;
    Ok(Json(Permission { allowed: true }))
}

/// Where the archive of an upload is
///
/// For associates with the role alone. That they ask is written down first.
#[utoipa::path(
    get,
    path = "/payloads/{request_id}/archiveLink",
    operation_id = "find_archive_link",
    params(UuidParameter),
    responses(
        (status = 200, description = "There", body = Link, example = json!({"url": "https://bucket.example/archive"})),
        ArchiveRefusals
    ),
    security(("identity" = []))
)]
pub(super) async fn link(
    State(state): State<super::State>,
    asked: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<Link>, ApiError> {
    let email = authorize(&state, &headers)?;
    let (asked, request_id) = asked_id(asked)?;
    audit::insert(&state.audit, &request_id, email.as_deref()).await?;
    if state.archive.requestor == Requestor::Mock {
        return Ok(Json(Link { url: mock_link(&state, &request_id) }));
    }
    let form = broker_form(&state, &request_id).await?.unwrap_or(asked);
    match state.storage_broker.link(&form).await {
        Ok(Some(url)) => {
            info!(%request_id, "a link to an archive was given");
            Ok(Json(Link { url }))
        }
        Ok(None) => Err(ApiError::NotFound("Payload not found".to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// What a link of mock leads to.
pub(super) async fn mock(asked: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let (asked, _) = asked_id(asked)?;
    Ok(format!("You got an archive for {asked}"))
}

/// Who it is, if they hold the role.
fn authorize(state: &super::State, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    match Identity::read(headers)? {
        identity if !identity.has_role(&state.archive.storage_broker_role) => Err(ApiError::Forbidden),
        Identity::Associate { email, .. } => Ok(email),
        Identity::Tenant { .. } | Identity::Stranger => Err(ApiError::Forbidden),
    }
}

/// The form by which storage-broker knows the id: that of the payload's messages.
async fn broker_form(state: &super::State, request_id: &RequestId) -> Result<Option<String>, ApiError> {
    let mut connection = Connection::take(&state.pool).await?;
    let snapshot = Snapshot::begin(&mut connection, Viewer::All).await?;
    Ok(form::find(&snapshot, request_id).await?)
}

fn mock_link(state: &super::State, request_id: &RequestId) -> String {
    let (host, port) = (&state.archive.hostname, state.public_port);
    format!("http://{host}:{port}/app/payload-tracker/api/v1/archive/{request_id}")
}

impl From<BrokerError> for ApiError {
    fn from(error: BrokerError) -> Self {
        Self::BadGateway(Arc::new(error))
    }
}
