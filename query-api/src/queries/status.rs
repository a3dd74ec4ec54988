//! Statuses.

mod count;

use schema::{RequestId, Status};

use super::{Conditions, Direction, Listed, Page, Snapshot, Window};
use crate::error::QueryError;

const COLUMNS: &str = "statuses.id, statuses.stream_id, statuses.record_offset, statuses.request_id, statuses.part,
    statuses.service, statuses.source, statuses.status, statuses.status_msg, statuses.account, statuses.org_id,
    statuses.inventory_id, statuses.system_id, statuses.date, statuses.created_at";

/// Which statuses. The attributes are those of the payload, as they are shown with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) service: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) status_msg: Option<String>,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) account: Option<String>,
    pub(crate) org_id: Option<String>,
    pub(crate) inventory_id: Option<String>,
    pub(crate) system_id: Option<String>,
    pub(crate) date: Window,
    pub(crate) created_at: Window,
}

/// In which order. A source or message that isn't there sorts as the empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    Date,
    Service,
    Source,
    RequestId,
    Status,
    StatusMsg,
    CreatedAt,
}

impl Sort {
    fn sql(self) -> &'static str {
        match self {
            Self::Date => "statuses.date",
            Self::Service => "statuses.service",
            Self::Source => "coalesce(statuses.source, '')",
            Self::RequestId => "statuses.request_id",
            Self::Status => "statuses.status",
            Self::StatusMsg => "coalesce(statuses.status_msg, '')",
            Self::CreatedAt => "statuses.created_at",
        }
    }
}

impl Filter {
    /// What `status_kinds` knows too.
    fn labels(&self) -> Conditions<'_> {
        let mut conditions = Conditions::default();
        conditions.equal("service", &self.service);
        conditions.equal("source", &self.source);
        conditions.equal("status", &self.status);
        conditions
    }

    fn conditions(&self) -> Conditions<'_> {
        let mut conditions = self.labels();
        conditions.equal("statuses.status_msg", &self.status_msg);
        conditions.equal("statuses.request_id", &self.request_id);
        conditions.equal("payloads.account", &self.account);
        conditions.equal_by_its_start("payloads.org_id", &self.org_id);
        conditions.equal("payloads.inventory_id", &self.inventory_id);
        conditions.equal("payloads.system_id", &self.system_id);
        conditions.within("statuses.date", &self.date);
        conditions.within("statuses.created_at", &self.created_at);
        conditions
    }

    /// Joined only where a filter asks for it.
    fn tables(&self) -> &'static str {
        let attributes = [&self.account, &self.org_id, &self.inventory_id, &self.system_id];
        if attributes.into_iter().any(Option::is_some) {
            "statuses join payloads on payloads.request_id = statuses.request_id"
        } else {
            "statuses"
        }
    }
}

/// A page of statuses, ties in the order broken by id.
pub(crate) async fn list(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    (sort, direction): (Sort, Direction),
    page: Page,
) -> Result<Listed<Status>, QueryError> {
    let mut conditions = filter.conditions();
    let (tables, filtered) = (filter.tables(), conditions.sql());
    let count = count::get(snapshot, filter).await?;
    let (limit, offset) = (page.limit(), page.offset());
    let (limit, offset) = (conditions.bind(&limit), conditions.bind(&offset));
    let (sort, direction) = (sort.sql(), direction.sql());
    let sql = format!(
        "-- status::list
        select {COLUMNS} from {tables} {filtered}
        order by {sort} {direction}, statuses.id {direction}
        limit {limit} offset {offset}"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    Ok(Listed { count, items: rows.iter().map(Status::from_row).collect() })
}

/// All statuses of a payload, ties in the order broken by id.
pub(crate) async fn timeline(
    snapshot: &Snapshot<'_>,
    request_id: &RequestId,
    (sort, direction): (Sort, Direction),
) -> Result<Vec<Status>, QueryError> {
    let (sort, direction) = (sort.sql(), direction.sql());
    let sql = format!(
        "-- status::timeline
        select {COLUMNS} from statuses
        where request_id = $1
        order by {sort} {direction}, id {direction}"
    );
    let rows = snapshot.query(&sql, &[request_id]).await?;
    Ok(rows.iter().map(Status::from_row).collect())
}
