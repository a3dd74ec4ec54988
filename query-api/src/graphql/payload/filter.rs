//! Which payloads, and in which order.

use async_graphql::{Enum, InputObject};
use schema::RequestId;

use crate::error::ApiError;
use crate::graphql::status::{TimeWindow, text};
use crate::queries::payload::{Filter, Sort};

/// Which payloads: all that is given must hold.
#[derive(Default, InputObject)]
pub(in crate::graphql) struct PayloadFilter {
    /// In any form.
    request_id: Option<String>,
    /// All of it.
    account: Option<String>,
    /// All of it.
    org_id: Option<String>,
    /// All of it.
    inventory_id: Option<String>,
    /// All of it.
    system_id: Option<String>,
    /// The earliest date lies there.
    created_at: Option<TimeWindow>,
    /// Some status lies there.
    date: Option<TimeWindow>,
}

/// What payloads can be sorted by.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum PayloadSort {
    /// The earliest date of its statuses.
    CreatedAt,
    /// The first 63 bytes of the account.
    Account,
    /// The first 63 bytes of the organisation.
    OrgId,
    /// The first 63 bytes of the inventory id.
    InventoryId,
    /// The first 63 bytes of the system id.
    SystemId,
    /// The request id.
    RequestId,
}

impl PayloadFilter {
    pub(in crate::graphql) fn into_query(self) -> Result<Filter, ApiError> {
        Ok(Filter {
            account: text("account", self.account)?,
            org_id: text("orgId", self.org_id)?,
            inventory_id: text("inventoryId", self.inventory_id)?,
            system_id: text("systemId", self.system_id)?,
            request_id: text("requestId", self.request_id)?.map(|id| RequestId::lookup(&id)),
            created_at: self.created_at.unwrap_or_default().into(),
            date: self.date.unwrap_or_default().into(),
        })
    }
}

impl From<PayloadSort> for Sort {
    fn from(sort: PayloadSort) -> Self {
        match sort {
            PayloadSort::CreatedAt => Self::CreatedAt,
            PayloadSort::Account => Self::Account,
            PayloadSort::OrgId => Self::OrgId,
            PayloadSort::InventoryId => Self::InventoryId,
            PayloadSort::SystemId => Self::SystemId,
            PayloadSort::RequestId => Self::RequestId,
        }
    }
}
