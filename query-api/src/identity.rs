//! Identities: who asks, as the gateway in front says in a header. It is unsigned: the gateway vouches for it.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::error::ApiError;

/// The gateway's header.
pub(crate) const HEADER: &str = "x-rh-identity";
/// No gateway sends more.
const LONGEST: usize = 16 * 1024;

/// Who asks. It has no `Debug`, so that it gets into no log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Somebody of the platform's own people.
    Associate {
        /// What they may do.
        roles: Vec<String>,
        /// Who they are.
        email: Option<String>,
    },
    /// Somebody, or something, of a customer's organisation.
    Tenant {
        /// The organisation.
        org_id: String,
    },
    /// Nobody that we know: of another type, or without an organisation.
    Stranger,
}

#[derive(Deserialize)]
struct Envelope {
    identity: Claims,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    associate: Option<Associate>,
    #[serde(default)]
    org_id: Option<String>,
    #[serde(default)]
    internal: Option<Internal>,
}

#[derive(Deserialize)]
struct Associate {
    #[serde(rename = "Role", default)]
    roles: Option<Vec<String>>,
    #[serde(default)]
    email: Option<String>,
}

/// Where older gateways name the organisation.
#[derive(Deserialize)]
struct Internal {
    #[serde(default)]
    org_id: Option<String>,
}

impl Identity {
    /// Reads the header, of which there must be one.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(HEADER).iter();
        let header =
            values.next().ok_or_else(|| ApiError::Unauthorized("Missing Identity Header".to_owned()))?;
        if values.next().is_some() {
            return Err(ApiError::BadRequest(format!("{HEADER} was sent more than once")));
        }
        if header.len() > LONGEST {
            return Err(ApiError::BadRequest(format!("{HEADER} is longer than {LONGEST} bytes")));
        }
        let json = STANDARD.decode(header.as_bytes()).map_err(|_| undecodable())?;
        let envelope: Envelope = serde_json::from_slice(&json).map_err(|_| undecodable())?;
        envelope.identity.try_into()
    }

    /// Whether they hold a role. Only associates can.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        matches!(self, Self::Associate { roles, .. } if roles.iter().any(|held| held == role))
    }
}

impl TryFrom<Claims> for Identity {
    type Error = ApiError;

    fn try_from(claims: Claims) -> Result<Self, ApiError> {
        match claims.kind.as_deref() {
            Some("Associate") => {
                let Associate { roles, email } =
                    claims.associate.unwrap_or(Associate { roles: None, email: None });
                if email.iter().any(|email| email.contains('\0')) {
                    return Err(unnameable());
                }
                Ok(Self::Associate { roles: roles.unwrap_or_default(), email })
            }
            Some("User" | "ServiceAccount" | "System") => claims.tenant(),
            _ => Ok(Self::Stranger),
        }
    }
}

impl Claims {
    fn tenant(self) -> Result<Identity, ApiError> {
        let given = |org_id: Option<String>| org_id.filter(|org_id| !org_id.is_empty());
        match (given(self.org_id), self.internal.and_then(|internal| given(internal.org_id))) {
            (one, other) if one.iter().chain(&other).any(|org_id| org_id.contains('\0')) => Err(unnameable()),
            (Some(one), Some(other)) if one != other => {
                Err(ApiError::BadRequest(format!("{HEADER} names two organisations")))
            }
            (Some(org_id), _) | (None, Some(org_id)) => Ok(Identity::Tenant { org_id }),
            (None, None) => Ok(Identity::Stranger),
        }
    }
}

/// No text of PostgreSQL holds a NUL.
fn unnameable() -> ApiError {
    ApiError::BadRequest(format!("{HEADER} names somebody that there can't be"))
}

/// Nothing of the header is said back.
fn undecodable() -> ApiError {
    ApiError::Unauthorized(format!("{HEADER} can't be decoded"))
}

#[cfg(test)]
mod tests;
