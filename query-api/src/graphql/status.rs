//! Statuses.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use schema::RequestId;

use crate::error::{ApiError, QueryError};
use crate::queries::status::{Filter, Sort};
use crate::queries::{Bounds, Listed, Window};

/// What one message said.
#[derive(SimpleObject)]
pub(super) struct Status {
    /// Unique among all statuses.
    id: ID,
    /// The payload it belongs to.
    request_id: String,
    /// The slice and host of the upload it is about, where the message names them.
    part: Option<String>,
    /// Who says so.
    service: String,
    /// For which of its sources.
    source: Option<String>,
    /// What happened.
    status: String,
    /// Why.
    status_msg: Option<String>,
    /// When it happened, as the service says.
    date: DateTime<Utc>,
    /// When it was recorded.
    created_at: DateTime<Utc>,
    /// The account that this message claims.
    account: Option<String>,
    /// The organisation that this message claims.
    org_id: Option<String>,
    /// The inventory id that this message claims.
    inventory_id: Option<String>,
    /// The system id that this message claims.
    system_id: Option<String>,
}

/// A page of statuses.
#[derive(SimpleObject)]
pub(super) struct StatusPage {
    /// How many there are for the filter, on all pages.
    count: i64,
    /// Those of this page.
    items: Vec<Status>,
}

/// Which statuses: all that is given must hold. The attributes are those of the payload.
#[derive(Default, InputObject)]
pub(super) struct StatusFilter {
    /// In any form.
    request_id: Option<String>,
    /// In any case.
    service: Option<String>,
    /// In any case.
    source: Option<String>,
    /// In any case.
    status: Option<String>,
    status_msg: Option<String>,
    account: Option<String>,
    org_id: Option<String>,
    inventory_id: Option<String>,
    system_id: Option<String>,
    /// When it happened.
    date: Option<TimeWindow>,
    /// When it was recorded.
    created_at: Option<TimeWindow>,
}

/// A range of time: all bounds that are given must hold.
#[derive(Clone, Copy, Default, InputObject)]
pub(super) struct TimeWindow {
    lt: Option<DateTime<Utc>>,
    lte: Option<DateTime<Utc>>,
    gt: Option<DateTime<Utc>>,
    gte: Option<DateTime<Utc>>,
}

/// What statuses can be sorted by.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
pub(super) enum StatusSort {
    Date,
    Service,
    Source,
    RequestId,
    Status,
    StatusMsg,
    CreatedAt,
}

impl StatusFilter {
    pub(super) fn into_query(self) -> Result<Filter, ApiError> {
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
pub(super) fn text(name: &str, value: Option<String>) -> Result<Option<String>, ApiError> {
    match value {
        Some(text) if text.contains('\0') => Err(ApiError::BadRequest(format!("{name} is not valid text"))),
        value => Ok(value),
    }
}

impl From<schema::Status> for Status {
    fn from(status: schema::Status) -> Self {
        Self {
            id: status.id.into(),
            request_id: status.request_id.to_string(),
            part: status.part,
            service: status.service,
            source: status.source,
            status: status.status,
            status_msg: status.status_msg,
            date: status.date,
            created_at: status.created_at,
            account: status.account,
            org_id: status.org_id,
            inventory_id: status.inventory_id,
            system_id: status.system_id,
        }
    }
}

impl StatusPage {
    pub(super) async fn of(listed: Listed<'_, schema::Status>) -> Result<Self, QueryError> {
        let items = listed.items.collect().await?;
        Ok(Self { count: listed.count, items: items.into_iter().map(Status::from).collect() })
    }
}

impl From<TimeWindow> for Window {
    fn from(window: TimeWindow) -> Self {
        let TimeWindow { lt, lte, gt, gte } = window;
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
