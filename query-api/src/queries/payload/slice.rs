//! A slice of the list of payloads.

use schema::Payload;

use super::{Filter, Sort, count};
use crate::error::QueryError;
use crate::queries::slice::{OrderKey, Slice, Sliced};
use crate::queries::walk::{FEW, fenced};
use crate::queries::{Direction, Snapshot};

impl Sort {
    fn key(self) -> OrderKey {
        let text = match self {
            Self::CreatedAt => None,
            Self::RequestId => Some("::text"),
            Self::Account | Self::OrgId | Self::InventoryId | Self::SystemId => Some("::text::name"),
        };
        OrderKey { sql: self.sql(), text }
    }
}

/// The slice. `None` where no index has the matches in this order, and there are more than can be sorted each time.
pub(crate) async fn slice(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    (sort, direction): (Sort, Direction),
    slice: &Slice,
) -> Result<Option<Sliced<Payload>>, QueryError> {
    let is_ordered = filter.is_ordered_by(sort, snapshot);
    if !is_ordered && count::get(snapshot, filter).await? > FEW {
        return Ok(None);
    }
    let key = sort.key();
    let mut conditions = filter.conditions(snapshot);
    slice.within(&mut conditions, &key, direction);
    let (filtered, mark) = (conditions.sql(), key.selected());
    let selected = format!("select *, {mark} from payloads {filtered}");
    let selected = if is_ordered { selected } else { fenced(&selected) };
    let sql = format!("-- payload::slice\n{}", slice.sql(&selected, &key, direction));
    let rows = snapshot.query(&sql, conditions.values()).await?;
    Ok(Some(slice.read(&rows, &key, Payload::from_row)?))
}

/// How many payloads match: exact, as of the snapshot.
pub(crate) async fn total(snapshot: &Snapshot<'_>, filter: &Filter) -> Result<i64, QueryError> {
    count::get(snapshot, filter).await
}
