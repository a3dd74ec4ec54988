//! A page of a list by service, source or status: their values are few, and how many statuses each has is counted already.

use schema::Status;

use super::{COLUMNS, Filter, Messages, Sort};
use crate::error::QueryError;
use crate::queries::{Items, Snapshot, Walk};

/// Whether the names of a status are short enough for an index of them; those of the others are looked through.
pub(super) const SHORT: &str =
    "(octet_length(service) + octet_length(status) + octet_length(coalesce(source, '')) <= 1000)";

/// Values that a page may lie in, and services and statuses that are merged. There are far fewer; somebody may make up more.
const MOST_VALUES: usize = 50;
const MOST_PAIRS: usize = 500;

/// What an index holds of a status, and what leads to it again.
#[derive(Debug, Default)]
struct Keys {
    services: Vec<String>,
    statuses: Vec<String>,
    ids: Vec<i64>,
}

/// A service and a status.
type Pair = (String, String);

/// A value of the order, and what the page takes of its statuses.
struct Taken {
    value: String,
    walk: Walk,
}

/// Finds the page's keys value by value, merging in the order of id those of each service and status, and then their rows. `None`
/// where the order is another one, and where there are too many to merge.
pub(super) async fn list<'a>(
    snapshot: &'a Snapshot<'_>,
    filter: &Filter,
    (sort, walk): (Sort, Walk),
    messages: Messages,
) -> Result<Option<Items<'a, Status>>, QueryError> {
    if !sort.is_by_kind() {
        return Ok(None);
    }
    let values = values(snapshot, filter, (sort, walk)).await?;
    if values.len() > MOST_VALUES {
        return Ok(None);
    }
    let mut keys = Keys::default();
    for taken in values {
        let pairs = pairs(snapshot, filter, sort, &taken.value).await?;
        if pairs.len() > MOST_PAIRS {
            return Ok(None);
        }
        keys.take(snapshot, filter, sort, &taken, &pairs).await?;
    }
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

/// The values that the page lies in.
async fn values(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    (sort, walk): (Sort, Walk),
) -> Result<Vec<Taken>, QueryError> {
    let mut conditions = filter.labels();
    let (labelled, key, direction) = (conditions.sql(), sort.sql(), walk.direction.sql());
    let end = walk.passed + walk.taken;
    let (passed, end) = (conditions.bind(&walk.passed), conditions.bind(&end));
    let (passed, end) = (format!("{passed}::bigint"), format!("{end}::bigint"));
    let sql = format!(
        "-- status::values
        select value, greatest({passed} - before, 0)::bigint as passed, least({end}, before + count)::bigint as until,
            before::bigint as before
        from (
            select {key} as value, sum(count) as count,
                sum(sum(count)) over (order by {key} {direction}) - sum(count) as before
            from status_kinds {labelled} group by 1
        ) as valued
        where before < {end} and before + count > {passed}
        order by before
        limit {MOST_VALUES} + 1"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    let taken = |row: &tokio_postgres::Row| {
        let (passed, until, before): (i64, i64, i64) =
            (row.get("passed"), row.get("until"), row.get("before"));
        Taken { value: row.get("value"), walk: Walk { passed, taken: until - before - passed, ..walk } }
    };
    Ok(rows.iter().map(taken).collect())
}

/// The services and statuses that have a value.
async fn pairs(
    snapshot: &Snapshot<'_>,
    filter: &Filter,
    sort: Sort,
    value: &String,
) -> Result<Vec<Pair>, QueryError> {
    let mut conditions = filter.labels();
    conditions.compare(&sort.sql(), ("=", value));
    let labelled = conditions.sql();
    let sql = format!(
        "-- status::pairs
        select distinct service, status from status_kinds {labelled} limit {MOST_PAIRS} + 1"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    Ok(rows.iter().map(|row| (row.get("service"), row.get("status"))).collect())
}

impl Keys {
    /// Adds those of one value.
    async fn take(
        &mut self,
        snapshot: &Snapshot<'_>,
        filter: &Filter,
        sort: Sort,
        taken: &Taken,
        pairs: &[Pair],
    ) -> Result<(), QueryError> {
        let mut conditions = filter.labels();
        conditions.compare(&sort.sql(), ("=", &taken.value));
        let labelled = conditions.sql();
        let Walk { passed, taken, direction, .. } = taken.walk;
        let direction = direction.sql();
        let short: Vec<String> = pairs
            .iter()
            .map(|(service, status)| {
                let (service, status) = (conditions.bind(service), conditions.bind(status));
                format!(
                    "(select service, status, id from statuses
                    {labelled} and service = {service} and status = {status} and {SHORT} order by id {direction})
                    union all "
                )
            })
            .collect();
        let long = format!(
            "(select service, status, id from statuses {labelled} and not {SHORT} order by id {direction})"
        );
        let (passed, taken) = (conditions.bind(&passed), conditions.bind(&taken));
        let short = short.concat();
        let sql = format!(
            "-- status::keys
            select * from ({short} {long}) as merged order by id {direction} limit {taken} offset {passed}"
        );
        for row in snapshot.query_once(&sql, conditions.values()).await? {
            self.services.push(row.get("service"));
            self.statuses.push(row.get("status"));
            self.ids.push(row.get("id"));
        }
        Ok(())
    }

    fn turn_round(&mut self) {
        self.services.reverse();
        self.statuses.reverse();
        self.ids.reverse();
    }
}
