//! Payloads.

mod count;
mod filter;
mod many;
pub(crate) mod past;
mod related;
mod slice;

use futures_util::try_join;
use schema::{Payload, RequestId};

pub(crate) use self::filter::Filter;
pub(crate) use self::many::find_many;
pub(crate) use self::related::related;
pub(crate) use self::slice::{slice, total};
use super::condition::{start, start_of};
use super::slice::{Key, Mark, OrderKey};
use super::walk::{FEW, fenced};
use super::{Direction, Items, Listed, Page, Snapshot, Walk};
use crate::error::QueryError;

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
    LastDate,
}

impl Sort {
    fn sql(self) -> String {
        match self {
            Self::CreatedAt => "created_at".to_owned(),
            Self::LastDate => "last_date".to_owned(),
            Self::Account => start("account"),
            Self::OrgId => start("org_id"),
            Self::InventoryId => start("inventory_id"),
            Self::SystemId => start("system_id"),
            Self::RequestId => "request_id".to_owned(),
        }
    }

    /// Whether it goes by a time.
    pub(crate) fn is_by_time(self) -> bool {
        matches!(self, Self::CreatedAt | Self::LastDate)
    }

    fn key(self) -> OrderKey {
        let cast = match self {
            Self::CreatedAt | Self::LastDate => "",
            Self::RequestId | Self::Account | Self::OrgId | Self::InventoryId | Self::SystemId => "::text",
        };
        OrderKey { sql: self.sql(), id: "id", cast }
    }

    /// Where a payload lies in the order.
    fn mark(self, payload: &Payload) -> Mark {
        let start =
            |text: &Option<String>| Key::Text(start_of(text.as_deref().unwrap_or_default()).to_owned());
        let key = match self {
            Self::CreatedAt => Key::Time(payload.created_at),
            Self::LastDate => Key::Time(payload.latest.claim.date),
            Self::Account => start(&payload.account),
            Self::OrgId => start(&payload.org_id),
            Self::InventoryId => start(&payload.inventory_id),
            Self::SystemId => start(&payload.system_id),
            Self::RequestId => Key::Text(payload.request_id.to_string()),
        };
        Mark { key, id: payload.id }
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
    if conditions.is_empty() && walk.is_far() && !sort.is_by_time() {
        return far(snapshot, (sort, walk)).await;
    }
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

/// Of all payloads, in an order of which nothing is counted.
async fn far<'a>(
    snapshot: &'a Snapshot<'_>,
    (sort, walk): (Sort, Walk),
) -> Result<Items<'a, Payload>, QueryError> {
    let key = sort.sql();
    let (keys, id) = match sort {
        // There is one of each.
        Sort::RequestId => (key.clone(), "request_id"),
        _ => (format!("{key}, id"), "id"),
    };
    let sql = walk.far(("payloads", "payloads.*"), (&keys, &key, id), ("$1", "$2"));
    let sql = format!("-- payload::far\n{sql}");
    let rows = snapshot.rows(&sql, &[&walk.passed, &walk.taken], walk.taken).await?;
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
