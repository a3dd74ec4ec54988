//! Which statuses, and in which order.

use async_graphql::{Enum, InputObject};
use schema::RequestId;

use crate::error::ApiError;
use crate::graphql::scalar::Time;
use crate::queries::status::{Filter, Sort};
use crate::queries::{Bounds, Window};

/// Which statuses: all that is given must hold. The attributes are those of the payload.
#[derive(Default, InputObject)]
pub(in crate::graphql) struct StatusFilter {
    /// In any form.
    request_id: Option<String>,
    /// In any case.
    service: Option<String>,
    /// In any case.
    source: Option<String>,
    /// In any case.
    status: Option<String>,
    /// All of it, in its own case.
    status_msg: Option<String>,
    /// All of it.
    account: Option<String>,
    /// All of it.
    org_id: Option<String>,
    /// All of it.
    inventory_id: Option<String>,
    /// All of it.
    system_id: Option<String>,
    /// When it happened.
    date: Option<TimeWindow>,
    /// When it was recorded.
    created_at: Option<TimeWindow>,
}

/// A range of time: all bounds that are given must hold.
#[derive(Clone, Copy, Default, InputObject)]
pub(in crate::graphql) struct TimeWindow {
    /// Before.
    lt: Option<Time>,
    /// Before, or just then.
    lte: Option<Time>,
    /// After.
    gt: Option<Time>,
    /// After, or just then.
    gte: Option<Time>,
}

/// What statuses can be sorted by.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
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
    pub(in crate::graphql) fn into_query(self) -> Result<Filter, ApiError> {
        let label = |name, value| -> Result<_, ApiError> {
            Ok(text(name, value)?.map(|text| text.trim().to_lowercase()))
        };
        Ok(Filter {
            service: label("service", self.service)?,
            source: label("source", self.source)?,
            status: label("status", self.status)?,
            status_msg: text("statusMsg", self.status_msg)?,
            request_id: text("requestId", self.request_id)?.map(|id| RequestId::lookup(&id)),
            account: text("account", self.account)?,
            org_id: text("orgId", self.org_id)?,
            inventory_id: text("inventoryId", self.inventory_id)?,
            system_id: text("systemId", self.system_id)?,
            date: self.date.unwrap_or_default().into(),
            created_at: self.created_at.unwrap_or_default().into(),
        })
    }
}

/// The text of a filter, which no text of PostgreSQL equals when it holds a NUL.
pub(in crate::graphql) fn text(name: &str, value: Option<String>) -> Result<Option<String>, ApiError> {
    match value {
        Some(text) if text.contains('\0') => Err(ApiError::BadRequest(format!("{name} is not valid text"))),
        value => Ok(value),
    }
}

impl From<TimeWindow> for Window {
    fn from(window: TimeWindow) -> Self {
        let TimeWindow { lt, lte, gt, gte } = window;
        let [lt, lte, gt, gte] = [lt, lte, gt, gte].map(|bound| bound.map(|Time(time)| time));
        Bounds { lt, lte, gt, gte }.into()
    }
}

impl From<StatusSort> for Sort {
    fn from(sort: StatusSort) -> Self {
        match sort {
            StatusSort::Date => Self::Date,
            StatusSort::Service => Self::Service,
            StatusSort::Source => Self::Source,
            StatusSort::RequestId => Self::RequestId,
            StatusSort::Status => Self::Status,
            StatusSort::StatusMsg => Self::StatusMsg,
            StatusSort::CreatedAt => Self::CreatedAt,
        }
    }
}
