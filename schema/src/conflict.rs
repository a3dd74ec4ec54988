//! Conflicts: what lost against a later claim.

use crate::{Claim, RequestId};

/// An attribute of a payload that statuses claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The account.
    Account,
    /// The organisation.
    OrgId,
    /// The inventory id.
    InventoryId,
    /// The system id.
    SystemId,
}

/// A row of `conflicts`: a value that some status claims for an attribute of its payload, and that isn't the one that won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The payload.
    pub request_id: RequestId,
    /// Of what.
    pub attribute: Attribute,
    /// What was claimed.
    pub value: String,
    /// The latest claim of this value.
    pub claim: Claim,
}

impl Attribute {
    /// Every attribute.
    pub const ALL: [Self; 4] = [Self::Account, Self::OrgId, Self::InventoryId, Self::SystemId];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::OrgId => "org_id",
            Self::InventoryId => "inventory_id",
            Self::SystemId => "system_id",
        }
    }
}
