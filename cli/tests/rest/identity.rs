//! Who asks, as a gateway says it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) const HEADER: &str = "x-rh-identity";

/// The header of these claims.
pub(crate) fn identity(claims: Value) -> String {
    STANDARD.encode(json!({ "identity": claims }).to_string())
}

/// An associate with a role.
pub(crate) fn associate(role: &str) -> String {
    identity(
        json!({"type": "Associate", "associate": {"Role": ["other", role], "email": "somebody@example.com"}}),
    )
}

/// Who may have links to archives, as long as nothing else is configured.
pub(crate) fn archivist() -> String {
    associate("platform-archive-download")
}
