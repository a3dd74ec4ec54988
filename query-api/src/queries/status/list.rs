//! A page of statuses.

use futures_util::try_join;
use schema::Status;

use super::kind::SHORT;
use super::{COLUMNS, Cut, Filter, Messages, Sort, count, kind};
use crate::error::QueryError;
use crate::queries::slice::Marks;
use crate::queries::walk::{FEW, fenced};
use crate::queries::{Direction, Items, Listed, Page, Place, Snapshot, Walk};

/// Statuses of some kinds that are sooner sorted than looked for among all.
const RARE: i64 = 10_000;

/// Rows of a window among which the beginning of a list of frequent kinds is looked for, before it is told where that lies.
const AT_HAND: i64 = 2_000;
/// No more are looked for at hand, for whether all are there is known only when they are.
const MOST_AT_HAND: i64 = 100;

/// A status that was recorded long after it happened, or before. An index of its own has those.
const LATE: &str = "((date at time zone 'UTC') < (created_at at time zone 'UTC') - interval '1 minute'
    or (date at time zone 'UTC') > (created_at at time zone 'UTC') + interval '1 minute')";

/// A page of statuses, ties in the order broken by id.
pub(crate) async fn list<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    (sort, direction): (Sort, Direction),
    page: Page,
    messages: Messages,
) -> Result<Listed<'a, Status>, QueryError> {
    let counted = count::get(snapshot, filter);
    let cut = |walk| Cut { sort, walk, marks: Marks::default() };
    if let Some(walk) = Walk::near(page, direction)
        && filter.labels().is_empty()
        && filter.is_ordered_by(sort, snapshot)
        && !sort.is_by_kind()
    {
        // Sent together.
        let (count, items) = try_join!(counted, walked(snapshot, filter, (cut(walk), None), messages))?;
        return Ok(Listed { count, items });
    }
    let count = counted.await?;
    let mut walk = Walk::to(page, direction, count);
    if walk.taken > 0 && filter.is_of_kinds(snapshot) {
        if walk.is_among(few_of(sort)) && !filter.labels().is_empty() {
            return Ok(Listed { count, items: few(snapshot, filter, cut(walk), messages).await? });
        }
        if let Some(items) = kind::list(snapshot, filter, cut(walk), messages).await? {
            return Ok(Listed { count, items });
        }
    }
    if let Some(items) = far(snapshot, filter, (sort, walk), messages).await? {
        return Ok(Listed { count, items });
    }
    if let Some(items) = at_hand(snapshot, filter, cut(walk), messages).await? {
        return Ok(Listed { count, items });
    }
    let place = count::place(snapshot, filter, sort, walk).await?;
    walk.passed = place.map_or(walk.passed, |place| place.passed);
    Ok(Listed { count, items: walked(snapshot, filter, (cut(walk), place), messages).await? })
}

/// Of all statuses, in an order of which nothing is counted. `None` for others.
async fn far<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    (sort, walk): (Sort, Walk),
    messages: Messages,
) -> Result<Option<Items<'a, Status>>, QueryError> {
    let key = sort.sql();
    let keys = match sort {
        Sort::StatusMsg => format!("{key}, id"),
        Sort::RequestId => format!("{key}, stream_id, record_offset, id"),
        Sort::Date | Sort::CreatedAt | Sort::Service | Sort::Source | Sort::Status => return Ok(None),
    };
    if walk.taken == 0 || !walk.is_far() || !filter.conditions(snapshot).is_empty() {
        return Ok(None);
    }
    let columns = format!("{COLUMNS}, {}", messages.sql());
    let sql = walk.far(("statuses", &columns), (&keys, &key, "id"), ("$1", "$2"));
    let sql = format!("-- status::far\n{sql}");
    let rows = snapshot.rows(&sql, &[&walk.passed, &walk.taken], walk.taken).await?;
    Ok(Some(Items::new(rows, Status::from_row)))
}

/// A page near the beginning, of kinds that aren't rare: it is most likely among the first rows of all kinds. `None` where it isn't.
pub(super) async fn at_hand<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    Cut { sort, walk, marks }: Cut<'_>,
    messages: Messages,
) -> Result<Option<Items<'a, Status>>, QueryError> {
    let labels = filter.labels();
    let is_likely = !walk.is_far() && (1..=MOST_AT_HAND).contains(&walk.taken) && walk.count > RARE;
    if labels.is_empty() || !is_likely || !filter.is_ordered_by(sort, snapshot) {
        return Ok(None);
    }
    let (mut conditions, key, message) = (labels, sort.sql(), messages.sql());
    let labelled = conditions.take();
    filter.windows(&mut conditions);
    marks.within(&mut conditions, &sort.key(), walk.direction);
    let first = walk.first(&format!("select * from statuses {}", conditions.take()), &key, AT_HAND);
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let selected = format!("select {COLUMNS}, {message} from ({first}) as statuses {labelled}");
    let walked = walk.sql(&selected, &key, (&passed, &taken));
    let rows = snapshot.query(&format!("-- status::at_hand\n{walked}"), conditions.values()).await?;
    // There are as many as that.
    let is_whole = i64::try_from(rows.len()).is_ok_and(|length| length == walk.taken);
    Ok(is_whole.then(|| Items::new(snapshot.here(rows), Status::from_row)))
}

/// How many of some kinds are sooner sorted.
pub(super) fn few_of(sort: Sort) -> i64 {
    match sort {
        Sort::RequestId | Sort::StatusMsg => FEW,
        Sort::Date | Sort::CreatedAt | Sort::Service | Sort::Source | Sort::Status => RARE,
    }
}

/// All matches, sorted.
pub(super) async fn few<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    Cut { sort, walk, marks }: Cut<'_>,
    messages: Messages,
) -> Result<Items<'a, Status>, QueryError> {
    let mut conditions = filter.labels();
    let labelled = conditions.sql();
    filter.windows(&mut conditions);
    marks.within(&mut conditions, &sort.key(), walk.direction);
    let filtered = conditions.sql();
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let message = messages.sql();
    // By the index of services and statuses, whatever the filter names.
    let selected = format!(
        "select {COLUMNS}, {message}
        from (select distinct service as of_service, status as of_status from status_kinds {labelled}) as kinds
        cross join lateral (
            select * from statuses {filtered} and service = of_service and status = of_status and {SHORT} offset 0
        ) as statuses
        union all
        select {COLUMNS}, {message} from statuses {filtered} and not {SHORT}"
    );
    let walked = walk.sql(&fenced(&selected), &sort.sql(), (&passed, &taken));
    let rows = snapshot.rows(&format!("-- status::few\n{walked}"), conditions.values(), walk.taken).await?;
    Ok(Items::new(rows, Status::from_row))
}

/// In the order of the list, from a place on where one is known.
pub(super) async fn walked<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    (Cut { sort, walk, marks }, place): (Cut<'_>, Option<Place>),
    messages: Messages,
) -> Result<Items<'a, Status>, QueryError> {
    let edge = place.map(|place| place.edge(walk.direction));
    let mut conditions = filter.conditions(snapshot);
    let key = sort.sql();
    let crossing = filter.crossing(sort).filter(|_| filter.is_of_statuses(snapshot));
    if let Some((operator, time)) = &edge {
        conditions.compare(&key, (operator, time));
    }
    marks.within(&mut conditions, &sort.key(), walk.direction);
    let (tables, filtered) = (filter.tables(snapshot), conditions.sql());
    let (passed, taken) = (conditions.bind(&walk.passed), conditions.bind(&walk.taken));
    let message = messages.sql();
    let mut selected = format!("select {COLUMNS}, {message} from {tables} {filtered}");
    if let Some((column, window)) = &crossing {
        let bounds = conditions.between(column, window);
        let branches = [format!("{selected} and not {LATE} and {bounds}"), format!("{selected} and {LATE}")];
        let branches = branches.map(|branch| walk.branch(&branch, &key, (&passed, &taken)));
        selected = format!("select * from ({}) as statuses", branches.join(" union all "));
    } else if walk.is_among(FEW) && !filter.is_ordered_by(sort, snapshot) {
        selected = fenced(&selected);
    }
    let walked = walk.sql(&selected, &key, (&passed, &taken));
    let rows = snapshot.rows(&format!("-- status::list\n{walked}"), conditions.values(), walk.taken).await?;
    Ok(Items::new(rows, Status::from_row))
}
