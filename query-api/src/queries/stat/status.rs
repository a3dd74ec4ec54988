//! Statuses, by when they are dated.

use chrono::{DateTime, Utc};
use schema::NameId;
use tokio_postgres::Row;

use super::size::{check_kinds, check_statuses, own};
use super::stretch::Counted;
use super::{At, Bounded, Stretches};
use crate::error::QueryError;
use crate::queries::{Conditions, Snapshot, Window};

/// How many statuses there are of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KindStat {
    pub(crate) service: String,
    pub(crate) source: Option<String>,
    pub(crate) status: String,
    pub(crate) count: i64,
}

/// How many are dated within each stretch. Those in which none is may be left out.
pub(crate) async fn status_counts(
    snapshot: &Snapshot<'_>,
    stretches: &Stretches,
) -> Result<Bounded<Vec<At<i64>>>, QueryError> {
    let at = |row: &Row| -> (DateTime<Utc>, i64) { (row.get("at"), row.get("count")) };
    if snapshot.org_id().is_some() {
        if let Err(too_many) = check_statuses(snapshot, stretches.window).await? {
            return Ok(Err(too_many));
        }
        let mut conditions = own(snapshot);
        in_window(&mut conditions, &stretches.window);
        let (stretch, filtered) = (stretches.sql("date", &mut conditions), conditions.sql());
        let sql = format!(
            "-- stat::own_status_counts\nselect {stretch} as at, count(*) as count from {OWN} {filtered} group by 1"
        );
        let rows = snapshot.query_once(&sql, conditions.values()).await?;
        return Ok(Ok(rows.iter().map(at).collect()));
    }
    let parts = stretches.parts();
    if parts.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let condition = format!("clock = 'd' and kind_id = '{}'", NameId::ALL);
    let counted = Counted {
        counts: "status_counts",
        condition: &condition,
        columns: "",
        rows: "statuses",
        clock: "date",
        group: "",
    };
    let mut values = Conditions::default();
    let parts = counted.sql(&parts, &mut values);
    let sql = format!(
        "-- stat::status_counts\nselect at, sum(count)::bigint as count from ({parts}) as parts group by at"
    );
    let rows = snapshot.query_once(&sql, values.values()).await?;
    Ok(Ok(rows.iter().map(at).collect()))
}

/// How many there are of each kind that are dated in a window, the most frequent first: so many.
pub(crate) async fn kinds(
    snapshot: &Snapshot<'_>,
    window: Window,
    most: i64,
) -> Result<Bounded<Vec<KindStat>>, QueryError> {
    let parts = Stretches::whole(window).parts();
    if parts.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let order = format!("order by count desc, service, source nulls first, status limit {most}");
    let rows = if snapshot.org_id().is_some() {
        if let Err(too_many) = check_statuses(snapshot, window).await? {
            return Ok(Err(too_many));
        }
        let mut conditions = own(snapshot);
        in_window(&mut conditions, &window);
        let filtered = conditions.sql();
        let sql = format!(
            "-- stat::own_kinds
            select service, source, status, count(*) as count from {OWN} {filtered} group by service, source, status {order}"
        );
        snapshot.query_once(&sql, conditions.values()).await?
    } else {
        if let Err(too_many) = check_kinds(snapshot).await? {
            return Ok(Err(too_many));
        }
        let mut values = Conditions::default();
        let parts = KINDS.sql(&parts, &mut values);
        // An array, for a join with so few of so many makes PostgreSQL read them all.
        let sql = format!(
            "-- stat::kinds
            with kinds as materialized (select distinct kind_id, service, source, status from status_kinds),
            ids as materialized (select array_agg(kind_id) as ids from kinds)
            select kinds.service, kinds.source, kinds.status, counted.count
            from (select kind_id, sum(count)::bigint as count from ({parts}) as parts group by kind_id having sum(count) > 0) as counted
            join kinds using (kind_id) {order}"
        );
        snapshot.query_once(&sql, values.values()).await?
    };
    Ok(Ok(rows.iter().map(KindStat::from_row).collect()))
}

const KINDS: Counted<'static> = Counted {
    counts: "status_counts",
    condition: "clock = 'd' and kind_id = any ((select ids from ids)::uuid[])",
    columns: "kind_id,",
    rows: "statuses join kinds on kinds.service = statuses.service and kinds.status = statuses.status
        and kinds.source is not distinct from statuses.source",
    clock: "date",
    group: "group by kind_id",
};

/// Statuses of payloads that are the tenant's, looked up payload by payload.
const OWN: &str = "payloads cross join lateral (
    select * from statuses where statuses.request_id = payloads.request_id offset 0) as statuses";

/// That a status lies in a window, and so that its payload does with some of its time.
fn in_window<'a>(conditions: &mut Conditions<'a>, window: &'a Window) {
    conditions.within("date", window);
    conditions.compare("payloads.created_at", ("<", &window.to));
    conditions.compare("last_date", (">=", &window.from));
}

impl KindStat {
    fn from_row(row: &Row) -> Self {
        Self {
            service: row.get("service"),
            source: row.get("source"),
            status: row.get("status"),
            count: row.get("count"),
        }
    }
}
