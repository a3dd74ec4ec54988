//! Access: who may see what.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use clap::ValueEnum;

use crate::error::ApiError;
use crate::identity::Identity;

/// What the API makes of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccessPolicy {
    /// Everybody sees everything. For use behind something that lets only the right ones through.
    Open,
    /// Associates see everything, and tenants what is of their own organisation.
    Identity,
}

/// What somebody may see. Every snapshot is somebody's, so that no query can forget to ask.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Everything.
    All,
    /// The payloads of one organisation, and what belongs to them.
    Tenant(String),
}

impl AccessPolicy {
    /// What they may see who send these headers.
    pub(crate) fn viewer(self, headers: &HeaderMap) -> Result<Viewer, ApiError> {
        match self {
            Self::Open => Ok(Viewer::All),
            Self::Identity => match Identity::read(headers)? {
                Identity::Associate { .. } => Ok(Viewer::All),
                Identity::Tenant { org_id } => Ok(Viewer::Tenant(org_id)),
                Identity::Stranger => Err(ApiError::Forbidden),
            },
        }
    }
}

impl Viewer {
    /// The organisation that they see alone, if it isn't all of them.
    pub(crate) fn org_id(self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Tenant(org_id) => Some(org_id),
        }
    }
}

impl<S> FromRequestParts<S> for Viewer
where
    S: AsRef<AccessPolicy> + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        state.as_ref().viewer(&parts.headers)
    }
}
