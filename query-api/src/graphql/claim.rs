//! Claims: which status says what of its payload's attributes.

use async_graphql::{Context, Enum, Object, Result};
use schema::{Position, RequestId};

use super::batch::{StatusAt, batches};
use super::error::shown;
use super::scalar::Time;
use super::status::Status;

/// An attribute of a payload that statuses claim.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
#[graphql(remote = "schema::Attribute")]
pub(super) enum Attribute {
    /// The account.
    Account,
    /// The organisation.
    OrgId,
    /// The inventory id.
    InventoryId,
    /// The system id.
    SystemId,
}

/// A value that a status claims for an attribute of its payload.
pub(super) struct Claim {
    pub(super) request_id: RequestId,
    pub(super) attribute: schema::Attribute,
    pub(super) value: String,
    pub(super) claim: schema::Claim,
}

/// A value that a status claims for an attribute of its payload.
#[Object]
impl Claim {
    /// Of what.
    async fn attribute(&self) -> Attribute {
        self.attribute.into()
    }

    /// What is claimed.
    async fn value(&self) -> &str {
        &self.value
    }

    /// When it was claimed last.
    async fn date(&self) -> Time {
        Time(self.claim.date)
    }

    /// The status that claimed it last.
    async fn claimant(&self, context: &Context<'_>) -> Result<Option<Status>> {
        let position = Position { stream: self.claim.stream, offset: self.claim.offset };
        let status = batches(context).load_one(StatusAt {
            request_id: self.request_id.clone(),
            position,
            is_whole: false,
        });
        Ok(status.await.map_err(shown)?.map(Status::cut))
    }
}

/// The claims that won.
pub(super) fn winners(payload: &schema::Payload) -> Vec<Claim> {
    let claims = payload.claims;
    let attributes = [
        (schema::Attribute::Account, &payload.account, claims.account),
        (schema::Attribute::OrgId, &payload.org_id, claims.org_id),
        (schema::Attribute::InventoryId, &payload.inventory_id, claims.inventory_id),
        (schema::Attribute::SystemId, &payload.system_id, claims.system_id),
    ];
    let won = attributes.into_iter().filter_map(|(attribute, value, claim)| {
        let request_id = payload.request_id.clone();
        Some(Claim { request_id, attribute, value: value.clone()?, claim: claim? })
    });
    won.collect()
}

impl From<schema::Conflict> for Claim {
    fn from(conflict: schema::Conflict) -> Self {
        let schema::Conflict { request_id, attribute, value, claim } = conflict;
        Self { request_id, attribute, value, claim }
    }
}
