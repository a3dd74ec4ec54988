//! Payloads.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Result, SimpleObject};
use chrono::{DateTime, Utc};
use schema::RequestId;

use super::error::shown;
use super::status::{Status, TimeWindow, text};
use super::{connect, viewer};
use crate::error::{ApiError, QueryError};
use crate::queries::payload::{Filter, Sort};
use crate::queries::{Direction, Listed, Snapshot, status};

/// One upload, as its statuses tell of it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct Payload {
    /// Its integer id in REST.
    id: i64,
    /// Canonical: 32 hex digits where it is a UUID.
    request_id: String,
    /// By the latest status that names one.
    account: Option<String>,
    /// By the latest status that names one.
    org_id: Option<String>,
    /// By the latest status that names one.
    inventory_id: Option<String>,
    /// By the latest status that names one.
    system_id: Option<String>,
    /// The earliest date of its statuses.
    created_at: DateTime<Utc>,
    /// The latest date of its statuses.
    last_date: DateTime<Utc>,
    /// The service of the latest status.
    latest_service: String,
    /// The source of the latest status.
    latest_source: Option<String>,
    /// The latest status.
    latest_status: String,
    /// How many statuses it has.
    status_count: i64,
}

/// A page of payloads.
#[derive(SimpleObject)]
pub(super) struct PayloadPage {
    /// How many there are for the filter, on all pages.
    count: i64,
    /// Those of this page.
    items: Vec<Payload>,
}

/// Which payloads: all that is given must hold.
#[derive(Default, InputObject)]
pub(super) struct PayloadFilter {
    /// In any form.
    request_id: Option<String>,
    account: Option<String>,
    org_id: Option<String>,
    inventory_id: Option<String>,
    system_id: Option<String>,
    /// The earliest date lies there.
    created_at: Option<TimeWindow>,
    /// Some status lies there.
    date: Option<TimeWindow>,
}

/// What payloads can be sorted by.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
pub(super) enum PayloadSort {
    CreatedAt,
    Account,
    OrgId,
    InventoryId,
    SystemId,
    RequestId,
}

#[ComplexObject]
impl Payload {
    /// Its timeline, the earliest first.
    async fn statuses(&self, context: &Context<'_>) -> Result<Vec<Status>> {
        let mut connection = connect(context).await.map_err(shown)?;
        let snapshot = Snapshot::begin(&mut connection, viewer(context)).await.map_err(shown)?;
        let order = (status::Sort::Date, Direction::Ascending);
        let timeline =
            status::timeline(&snapshot, &RequestId::lookup(&self.request_id), order, i64::MAX).await;
        let statuses = timeline.map_err(shown)?.collect().await.map_err(shown)?;
        Ok(statuses.into_iter().map(Status::from).collect())
    }
}

impl PayloadFilter {
    pub(super) fn into_query(self) -> Result<Filter, ApiError> {
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

impl From<schema::Payload> for Payload {
    fn from(payload: schema::Payload) -> Self {
        Self {
            id: payload.id,
            request_id: payload.request_id.to_string(),
            account: payload.account,
            org_id: payload.org_id,
            inventory_id: payload.inventory_id,
            system_id: payload.system_id,
            created_at: payload.created_at,
            last_date: payload.latest.claim.date,
            latest_service: payload.latest.service,
            latest_source: payload.latest.source,
            latest_status: payload.latest.status,
            status_count: payload.status_count,
        }
    }
}

impl PayloadPage {
    pub(super) async fn of(listed: Listed<'_, schema::Payload>) -> Result<Self, QueryError> {
        let items = listed.items.collect().await?;
        Ok(Self { count: listed.count, items: items.into_iter().map(Payload::from).collect() })
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
