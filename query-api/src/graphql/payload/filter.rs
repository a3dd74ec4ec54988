//! Which payloads, and in which order.

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};

use crate::error::ApiError;
use crate::graphql::as_of::unchanging;
use crate::graphql::filter::{DurationRange, OneOf, TimeWindow, among, labels, request_ids, texts};
use crate::graphql::outcome::Outcome;
use crate::graphql::scalar::Duration;
use crate::queries::payload::{Filter, Sort, past};

/// Which payloads: all that is given must hold.
#[derive(Default, InputObject)]
pub(in crate::graphql) struct PayloadFilter {
    /// In any form.
    request_id: Option<OneOf<String>>,
    /// All of it.
    account: Option<OneOf<String>>,
    /// All of it.
    org_id: Option<OneOf<String>>,
    /// All of it.
    inventory_id: Option<OneOf<String>>,
    /// All of it.
    system_id: Option<OneOf<String>>,
    /// How it stands.
    outcome: Option<OneOf<Outcome>>,
    /// The service that failed first, in any case: payloads that failed there.
    failed_service: Option<OneOf<String>>,
    /// It is in progress, and nothing was heard of it for longer than this.
    stalled_for: Option<Duration>,
    /// The earliest date lies there.
    created_at: Option<TimeWindow>,
    /// Some status lies there.
    date: Option<TimeWindow>,
    /// From the earliest to the latest date. No index has it, so whatever else is asked for must leave 200,000 payloads at most.
    duration: Option<DurationRange>,
}

/// What payloads can be sorted by.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "Sort")]
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
    /// The latest date of its statuses. No index has it, for every status moves it: of 200,000 payloads at most.
    LastDate,
}

impl PayloadFilter {
    pub(in crate::graphql) fn into_query(self) -> Result<Filter, ApiError> {
        let filter = Filter {
            account: texts("account", self.account)?,
            org_id: texts("orgId", self.org_id)?,
            inventory_id: texts("inventoryId", self.inventory_id)?,
            system_id: texts("systemId", self.system_id)?,
            request_id: request_ids(self.request_id)?,
            outcome: among(self.outcome, |outcome| Ok(outcome.into()))?,
            created_at: self.created_at.unwrap_or_default().into(),
            date: self.date.unwrap_or_default().into(),
            duration: self.duration.unwrap_or_default().into(),
            ..Filter::default()
        };
        let filter = filter.failed(labels("failedService", self.failed_service)?);
        let Some(Duration(silence)) = self.stalled_for else { return Ok(filter) };
        Ok(filter.silent_since(Utc::now().checked_sub_signed(silence).unwrap_or(DateTime::<Utc>::MIN_UTC)))
    }

    /// The same of payloads as they were, in an order: only what time tells nothing else of.
    pub(in crate::graphql) fn into_past(self, sort: PayloadSort) -> Result<past::Filter, ApiError> {
        let Self { request_id, date, account, org_id, inventory_id, system_id, outcome, .. } = self;
        unchanging(&[
            ("account", account.is_some()),
            ("orgId", org_id.is_some()),
            ("inventoryId", inventory_id.is_some()),
            ("systemId", system_id.is_some()),
            ("outcome", outcome.is_some()),
            ("failedService", self.failed_service.is_some()),
            ("stalledFor", self.stalled_for.is_some()),
            ("createdAt", self.created_at.is_some()),
            ("duration", self.duration.is_some()),
        ])?;
        if sort != PayloadSort::RequestId {
            let message =
                "with asOf payloads go by REQUEST_ID: what else they go by may have been something else then";
            return Err(ApiError::BadRequest(message.to_owned()));
        }
        Ok(past::Filter { request_id: request_ids(request_id)?, date: date.unwrap_or_default().into() })
    }
}
