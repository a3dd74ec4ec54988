//! Which of what happens somebody wants to hear of.

use async_graphql::InputObject;
use schema::RequestId;

use crate::error::ApiError;
use crate::graphql::filter::{OneOf, labels, request_ids, texts};
use crate::queries::Among;
use crate::queries::tail::News;

/// Which of what happens: all that is given must hold. The attributes are those of the payload.
#[derive(Default, InputObject)]
pub(in crate::graphql) struct LiveFilter {
    /// In any form.
    request_id: Option<OneOf<String>>,
    /// In any case.
    service: Option<OneOf<String>>,
    /// In any case.
    source: Option<OneOf<String>>,
    /// In any case.
    status: Option<OneOf<String>>,
    /// All of it.
    account: Option<OneOf<String>>,
    /// All of it.
    org_id: Option<OneOf<String>>,
    /// All of it.
    inventory_id: Option<OneOf<String>>,
    /// All of it.
    system_id: Option<OneOf<String>>,
}

/// The same, as it is compared.
pub(super) struct Wanted {
    request_id: Among<RequestId>,
    texts: [Among<String>; 7],
    is_failures_alone: bool,
}

impl LiveFilter {
    pub(super) fn wanted(self) -> Result<Wanted, ApiError> {
        Ok(Wanted {
            request_id: request_ids(self.request_id)?,
            texts: [
                labels("service", self.service)?,
                labels("source", self.source)?,
                labels("status", self.status)?,
                texts("account", self.account)?,
                texts("orgId", self.org_id)?,
                texts("inventoryId", self.inventory_id)?,
                texts("systemId", self.system_id)?,
            ],
            is_failures_alone: false,
        })
    }
}

impl Wanted {
    /// Of these, what fails.
    pub(super) fn failures_alone(self) -> Self {
        Self { is_failures_alone: true, ..self }
    }

    /// Whether it is wanted. The attributes are those of the payload, as they are shown with it.
    pub(super) fn holds(&self, News { status, payload, is_failure }: &News) -> bool {
        let values = [
            Some(&status.service),
            status.source.as_ref(),
            Some(&status.status),
            payload.account.as_ref(),
            payload.org_id.as_ref(),
            payload.inventory_id.as_ref(),
            payload.system_id.as_ref(),
        ];
        (*is_failure || !self.is_failures_alone)
            && self.request_id.holds(Some(&status.request_id))
            && self.texts.iter().zip(values).all(|(wanted, value)| wanted.holds(value))
    }
}
