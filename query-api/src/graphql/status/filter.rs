//! Which statuses, and in which order.

use async_graphql::{Enum, InputObject};

use crate::error::ApiError;
use crate::graphql::as_of::unchanging;
use crate::graphql::filter::{OneOf, TimeWindow, labels, request_ids, texts};
use crate::queries::status::{Filter, Sort};

/// Which statuses: all that is given must hold. The attributes are those of the payload.
#[derive(Default, InputObject)]
pub(in crate::graphql) struct StatusFilter {
    /// In any form.
    request_id: Option<OneOf<String>>,
    /// In any case.
    service: Option<OneOf<String>>,
    /// In any case.
    source: Option<OneOf<String>>,
    /// In any case.
    status: Option<OneOf<String>>,
    /// All of it, in its own case.
    status_msg: Option<OneOf<String>>,
    /// All of it.
    account: Option<OneOf<String>>,
    /// All of it.
    org_id: Option<OneOf<String>>,
    /// All of it.
    inventory_id: Option<OneOf<String>>,
    /// All of it.
    system_id: Option<OneOf<String>>,
    /// When it happened.
    date: Option<TimeWindow>,
    /// When it was recorded.
    created_at: Option<TimeWindow>,
}

/// What statuses can be sorted by.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "Sort")]
pub(in crate::graphql) enum StatusSort {
    /// When it happened.
    Date,
    /// Who says so.
    Service,
    /// For which of its sources.
    Source,
    /// The payload it belongs to.
    RequestId,
    /// What happened.
    Status,
    /// Why: the first 63 bytes.
    StatusMsg,
    /// When it was recorded.
    CreatedAt,
}

impl StatusFilter {
    /// The same of statuses that there had been: only what time tells nothing else of. Attributes are those of the payload.
    pub(in crate::graphql) fn into_past(self) -> Result<Filter, ApiError> {
        unchanging(&[
            ("account", self.account.is_some()),
            ("orgId", self.org_id.is_some()),
            ("inventoryId", self.inventory_id.is_some()),
            ("systemId", self.system_id.is_some()),
        ])?;
        self.into_query()
    }

    pub(in crate::graphql) fn into_query(self) -> Result<Filter, ApiError> {
        Ok(Filter {
            service: labels("service", self.service)?,
            source: labels("source", self.source)?,
            status: labels("status", self.status)?,
            status_msg: texts("statusMsg", self.status_msg)?,
            request_id: request_ids(self.request_id)?,
            account: texts("account", self.account)?,
            org_id: texts("orgId", self.org_id)?,
            inventory_id: texts("inventoryId", self.inventory_id)?,
            system_id: texts("systemId", self.system_id)?,
            date: self.date.unwrap_or_default().into(),
            created_at: self.created_at.unwrap_or_default().into(),
            appended: None,
        })
    }
}
