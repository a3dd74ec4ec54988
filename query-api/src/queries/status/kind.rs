//! A page of a list by service, source or status: their values are few, and how many statuses each has is counted already.

use schema::Status;

use super::{COLUMNS, Cut, Filter, Messages};
use crate::error::QueryError;
use crate::queries::slice::{Key, Mark};
use crate::queries::{Items, Snapshot};

/// Whether the names of a status are short enough for an index of them; those of the others are looked through.
pub(super) const SHORT: &str =
    "(octet_length(service) + octet_length(status) + octet_length(coalesce(source, '')) <= 1000)";

/// Services and statuses that are merged for a page. There are far fewer; somebody may make up more.
const MOST_PAIRS: usize = 500;

/// What an index holds of a status, and what leads to it again.
#[derive(Debug, Default)]
struct Keys {
    services: Vec<String>,
    statuses: Vec<String>,
    ids: Vec<i64>,
}

/// A service and a status that have a value of the order, and how many of the value's come before the page.
struct Pair {
    value: String,
    service: String,
    status: String,
    passed: i64,
}

/// Finds the page's keys value by value, merging in the order of id those of each service and status, and then their rows. `None`
/// where the order is another one, and where there are too many to merge.
pub(super) async fn list<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    cut: Cut<'_>,
    messages: Messages,
) -> Result<Option<Items<'a, Status>>, QueryError> {
    let Cut { sort, walk, .. } = cut;
    if !sort.is_by_kind() {
        return Ok(None);
    }
    let pairs = pairs(snapshot, filter, cut).await?;
    if pairs.len() > MOST_PAIRS {
        return Ok(None);
    }
    let mut keys = keys(snapshot, filter, cut, &pairs).await?;
    if walk.is_from_end {
        keys.turn_round();
    }
    let message = messages.sql();
    let sql = format!(
        "-- status::of_kinds
        select {COLUMNS}, {message}
        from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as page(of_service, of_status, of_id, place)
        cross join lateral (
            select * from statuses where service = of_service and status = of_status and id = of_id and {SHORT}
            union all
            select * from statuses where id = of_id and not {SHORT}
        ) as statuses
        order by place"
    );
    let rows = snapshot.rows(&sql, &[&keys.services, &keys.statuses, &keys.ids], walk.taken).await?;
    Ok(Some(Items::new(rows, Status::from_row)))
}

/// Those of the values that the page lies in, in the order of the walk.
async fn pairs(snapshot: &Snapshot<'_>, filter: &Filter, cut: Cut<'_>) -> Result<Vec<Pair>, QueryError> {
    let Cut { sort, walk, marks } = cut;
    let (mut conditions, key) = (filter.labels(), sort.sql());
    // How many of a mark's own value lie beyond it nobody has counted: none may.
    let mut counted = "count".to_owned();
    for (mark, operator) in marks.ends(walk.direction) {
        if let Key::Text(value) = &mark.key {
            let value = conditions.bind(value);
            conditions.hold(format!("{key} {operator}= {value}::text"));
            counted = format!("case when value = {value} then 0 else {counted} end");
        }
    }
    let (labelled, direction) = (conditions.sql(), walk.direction.sql());
    let end = walk.passed + walk.taken;
    let (passed, end) = (conditions.bind(&walk.passed), conditions.bind(&end));
    let sql = format!(
        "-- status::pairs
        with pairs as (
            select {key} as value, service, status, sum(count) as count from status_kinds {labelled} group by 1, 2, 3
        ), counted as (
            select value, sum(count) as count from pairs group by value
        ), valued as (
            select value, count, sum({counted}) over (order by value {direction}) - {counted} as before from counted
        )
        select value, service, status, greatest({passed}::bigint - before, 0)::bigint as passed
        from valued join pairs using (value)
        where before < {end}::bigint and before + valued.count > {passed}::bigint
        order by value {direction}
        limit {MOST_PAIRS} + 1"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    let pair = |row: &tokio_postgres::Row| Pair {
        value: row.get("value"),
        service: row.get("service"),
        status: row.get("status"),
        passed: row.get("passed"),
    };
    Ok(rows.iter().map(pair).collect())
}

/// Those of the page: of each value a merge, one value after the other.
async fn keys(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    cut: Cut<'_>,
    pairs: &[Pair],
) -> Result<Keys, QueryError> {
    let Cut { sort, walk, marks } = cut;
    let (mut conditions, key, direction) = (filter.labels(), sort.sql(), walk.direction.sql());
    let labelled = conditions.clause();
    conditions.take();
    // The pairs are of the services and statuses that are asked for: to ask for several of them again would cost the index its order.
    conditions.among("source", &filter.source);
    let (of_sources, taken) = (conditions.clause(), conditions.bind(&walk.taken));
    let columns = "select service, status, id from statuses";
    let mut values: Vec<String> = Vec::new();
    for of_value in pairs.chunk_by(|one, other| one.value == other.value) {
        let Some(Pair { value, passed, .. }) = of_value.first() else { continue };
        let (asked, passed) = (conditions.bind(value), conditions.bind(passed));
        let mut held = format!("{key} = {asked}");
        for (Mark { key: of_mark, id }, operator) in marks.ends(walk.direction) {
            if *of_mark == Key::Text(value.clone()) {
                held += &format!(" and id {operator} {}", conditions.bind(id));
            }
        }
        let mut branches =
            vec![format!("({columns} where {labelled} and {held} and not {SHORT} order by id {direction})")];
        for Pair { service, status, .. } in of_value {
            let (service, status) = (conditions.bind(service), conditions.bind(status));
            branches.push(format!(
                "({columns} where {of_sources} and {held} and service = {service} and status = {status} and {SHORT} order by id {direction})"
            ));
        }
        let (place, branches) = (values.len(), branches.join(" union all "));
        values.push(format!(
            "(select {place} as place, * from ({branches}) as merged order by id {direction} limit {taken} offset {passed})"
        ));
    }
    let mut keys = Keys::default();
    if values.is_empty() {
        return Ok(keys);
    }
    let values = values.join(" union all ");
    let sql = format!(
        "-- status::keys
        select service, status, id from ({values}) as valued order by place, id {direction} limit {taken}"
    );
    for row in snapshot.query_once(&sql, conditions.values()).await? {
        keys.services.push(row.get("service"));
        keys.statuses.push(row.get("status"));
        keys.ids.push(row.get("id"));
    }
    Ok(keys)
}

impl Keys {
    fn turn_round(&mut self) {
        self.services.reverse();
        self.statuses.reverse();
        self.ids.reverse();
    }
}
