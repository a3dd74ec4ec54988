//! Payloads.

mod count;

use schema::{Payload, RequestId};

use super::{Conditions, Direction, Items, Listed, Page, Snapshot, Window};
use crate::error::QueryError;

/// Which payloads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) account: Option<String>,
    pub(crate) org_id: Option<String>,
    pub(crate) inventory_id: Option<String>,
    pub(crate) system_id: Option<String>,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) created_at: Window,
    pub(crate) date: Window,
}

/// In which order. An attribute that isn't known sorts as the empty text that clients see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    CreatedAt,
    Account,
    OrgId,
    InventoryId,
    SystemId,
    RequestId,
}

impl Sort {
    fn sql(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Account => "coalesce(account, '')",
            Self::OrgId => "coalesce(org_id, '')",
            Self::InventoryId => "coalesce(inventory_id, '')",
            Self::SystemId => "coalesce(system_id, '')",
            Self::RequestId => "request_id",
        }
    }
}

impl Filter {
    fn conditions<'a>(&'a self, snapshot: &'a Snapshot<'_>) -> Conditions<'a> {
        let mut conditions = Conditions::default();
        conditions.equal_by_its_start("org_id", snapshot.org_id());
        conditions.equal("account", &self.account);
        conditions.equal_by_its_start("org_id", &self.org_id);
        conditions.equal("inventory_id", &self.inventory_id);
        conditions.equal("system_id", &self.system_id);
        conditions.equal("request_id", &self.request_id);
        conditions.within("created_at", &self.created_at);
        conditions.has_status_within(&self.date);
        conditions
    }
}

/// A page of payloads, ties in the order broken by id.
pub(crate) async fn list<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    (sort, direction): (Sort, Direction),
    page: Page,
) -> Result<Listed<'a, Payload>, QueryError> {
    let mut conditions = filter.conditions(snapshot);
    let filtered = conditions.sql();
    let count = count::get(snapshot, filter).await?;
    let (limit, offset) = (page.limit(), page.offset());
    let (limit, offset) = (conditions.bind(&limit), conditions.bind(&offset));
    let (sort, direction) = (sort.sql(), direction.sql());
    let sql = format!(
        "-- payload::list
        select * from payloads {filtered}
        order by {sort} {direction}, id {direction}
        limit {limit} offset {offset}"
    );
    let rows = snapshot.rows(&sql, conditions.values()).await?;
    Ok(Listed { count, items: Items::new(rows, Payload::from_row) })
}

/// The payload of this id, if it has a status and is to be seen.
pub(crate) async fn find(
    snapshot: &Snapshot<'_>,
    request_id: &RequestId,
) -> Result<Option<Payload>, QueryError> {
    let sql = "-- payload::find
        select * from payloads where request_id = $1 and ($2::text is null or org_id = $2)";
    let rows = snapshot.query(sql, &[request_id, snapshot.org_id()]).await?;
    Ok(rows.first().map(Payload::from_row).transpose()?)
}
