//! Services that were seen at all, each of their sources for itself.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use crate::error::QueryError;
use crate::queries::stat::{Bounded, WITH_SERVICES, check_all_with_services, check_kinds};
use crate::queries::{Conditions, Snapshot};

/// A service, for one of its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceSeen {
    pub(crate) service: String,
    pub(crate) source: Option<String>,
    pub(crate) status_count: i64,
    /// The minute of its earliest status.
    pub(crate) first_seen: Option<DateTime<Utc>>,
    /// The minute of its latest one.
    pub(crate) last_seen: Option<DateTime<Utc>>,
}

/// A service and source.
pub(crate) type ServiceName = (String, Option<String>);

/// So many of those between two, which don't belong to it, from the first or from the last one on.
#[derive(Clone, Debug)]
pub(crate) struct SeenSlice {
    pub(crate) after: Option<ServiceName>,
    pub(crate) before: Option<ServiceName>,
    pub(crate) most: i64,
    pub(crate) is_from_end: bool,
}

/// By name, and whether there are more, in the direction in which they were looked for.
pub(crate) async fn seen(
    snapshot: &Snapshot<'_>,
    slice: &SeenSlice,
) -> Result<Bounded<(Vec<ServiceSeen>, bool)>, QueryError> {
    let is_own = snapshot.org_id().is_some();
    let few = if is_own { check_all_with_services(snapshot).await? } else { check_kinds(snapshot).await? };
    if let Err(too_many) = few {
        return Ok(Err(too_many));
    }
    let mut conditions = Conditions::default();
    if is_own {
        conditions.equal_by_its_start("payloads.org_id", snapshot.org_id());
    }
    for (name, operator) in [(&slice.after, ">"), (&slice.before, "<")] {
        if let Some((service, source)) = name {
            let (service, source) = (conditions.bind(service), conditions.bind(source));
            conditions.hold(format!(
                "(service, coalesce(source, ''), source is not null)
                    {operator} ({service}::text, coalesce({source}::text, ''), {source}::text is not null)"
            ));
        }
    }
    let direction = if slice.is_from_end { "desc" } else { "asc" };
    let (filtered, limit) = (conditions.sql(), slice.most + 1);
    let order = format!(
        "order by service {direction}, coalesce(source, '') {direction}, (source is not null) {direction} limit {limit}"
    );
    let sql = if is_own {
        format!(
            "-- service::own_seen
            select service, source, sum(services.status_count)::bigint as status_count,
                date_trunc('minute', min(first_date), 'UTC') as first_seen,
                date_trunc('minute', max(services.last_date), 'UTC') as last_seen
            from {WITH_SERVICES} {filtered}
            group by service, source {order}"
        )
    } else {
        let (first, last) = (edge("asc"), edge("desc"));
        format!(
            "-- service::seen
            with seen as materialized (
                select service, source, sum(count)::bigint as status_count, array_agg(distinct kind_id) as kinds
                from status_kinds {filtered} group by service, source {order})
            select service, source, status_count,
                (select min(bucket) from {first}) as first_seen, (select max(bucket) from {last}) as last_seen
            from seen {order}"
        )
    };
    let rows = snapshot.query_once(&sql, conditions.values()).await?;
    let most = usize::try_from(slice.most).unwrap_or(usize::MAX);
    let mut items: Vec<_> = rows.iter().take(most).map(ServiceSeen::from_row).collect();
    if slice.is_from_end {
        items.reverse();
    }
    Ok(Ok((items, rows.len() > most)))
}

/// Of each of some kinds, the minute at one end.
fn edge(direction: &str) -> String {
    format!(
        "unnest(kinds) as kind cross join lateral (
            select bucket from status_counts
            where clock = 'd' and width = 60 and kind_id = kind order by bucket {direction} limit 1) as counted"
    )
}

impl ServiceSeen {
    fn from_row(row: &Row) -> Self {
        Self {
            service: row.get("service"),
            source: row.get("source"),
            status_count: row.get("status_count"),
            first_seen: row.get("first_seen"),
            last_seen: row.get("last_seen"),
        }
    }
}
