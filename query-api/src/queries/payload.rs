//! Payloads.

mod count;
mod many;
mod related;
mod slice;

use futures_util::try_join;
use schema::{Payload, RequestId};

pub(crate) use self::many::find_many;
pub(crate) use self::related::related;
pub(crate) use self::slice::{slice, total};
use super::condition::start;
use super::walk::{FEW, fenced};
use super::{Conditions, Direction, Items, Listed, Page, Snapshot, Walk, Window};
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

/// In which order. Attributes go by their start; one that isn't known sorts as the empty text that clients see.
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
    fn sql(self) -> String {
        match self {
            Self::CreatedAt => "created_at".to_owned(),
            Self::Account => start("account"),
            Self::OrgId => start("org_id"),
            Self::InventoryId => start("inventory_id"),
            Self::SystemId => start("system_id"),
            Self::RequestId => "request_id".to_owned(),
        }
    }
}

impl Filter {
    /// Whether what matches lies together in an index that goes in this order, or is everything.
    fn is_ordered_by(&self, sort: Sort, snapshot: &Snapshot<'_>) -> bool {
        let is_by_time = sort == Sort::CreatedAt;
        let attributes = [
            (&self.account, is_by_time || sort == Sort::Account),
            (&self.org_id, is_by_time || sort == Sort::OrgId),
            (snapshot.org_id(), is_by_time || sort == Sort::OrgId),
            (&self.inventory_id, sort == Sort::InventoryId),
            (&self.system_id, sort == Sort::SystemId),
        ];
        let asked: Vec<bool> = attributes
            .iter()
            .filter(|(value, _)| value.is_some())
            .map(|(_, is_ordered)| *is_ordered)
            .collect();
        matches!(asked[..], [] | [true])
            && self.request_id.is_none()
            && self.date.is_open()
            && (is_by_time || self.created_at.is_open())
    }

    fn conditions<'a>(&'a self, snapshot: &'a Snapshot<'_>) -> Conditions<'a> {
        let mut conditions = Conditions::default();
        conditions.equal_by_its_start("org_id", snapshot.org_id());
        conditions.equal_by_its_start("account", &self.account);
        conditions.equal_by_its_start("org_id", &self.org_id);
        conditions.equal_by_its_start("inventory_id", &self.inventory_id);
        conditions.equal_by_its_start("system_id", &self.system_id);
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
    let counted = count::get(snapshot, filter);
    if let Some(walk) = Walk::near(page, direction)
        && filter.is_ordered_by(sort, snapshot)
    {
        // Sent together.
        let (count, items) = try_join!(counted, walked(snapshot, filter, (sort, walk)))?;
        return Ok(Listed { count, items });
    }
    let count = counted.await?;
    let order = (sort, Walk::to(page, direction, count));
    Ok(Listed { count, items: walked(snapshot, filter, order).await? })
}

/// In the order of the list.
async fn walked<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    (sort, mut walk): (Sort, Walk),
) -> Result<Items<'a, Payload>, QueryError> {
    let place = match sort {
        Sort::CreatedAt => count::place(snapshot, filter, walk).await?,
        _ => None,
    };
    let edge = place.map(|place| place.edge(walk.direction));
    walk.passed = place.map_or(walk.passed, |place| place.passed);
    let mut conditions = filter.conditions(snapshot);
    if let Some((operator, time)) = &edge {
        conditions.compare("created_at", (operator, time));
    }
    let filtered = conditions.sql();
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let mut selected = format!("select * from payloads {filtered}");
    if walk.is_among(FEW) && !filter.is_ordered_by(sort, snapshot) {
        selected = fenced(&selected);
    }
    let walked = walk.sql(&selected, &sort.sql(), (&passed, &taken));
    let rows = snapshot.rows(&format!("-- payload::list\n{walked}"), conditions.values(), walk.taken).await?;
    Ok(Items::new(rows, Payload::from_row))
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
