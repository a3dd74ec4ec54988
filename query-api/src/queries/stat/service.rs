//! How services did with the payloads that they saw.

use tokio_postgres::Row;

use super::size::{WITH_SERVICES, check_kinds, check_with_services, own};
use super::stretch::Counted;
use super::{Bounded, Outcomes, Stretches};
use crate::error::QueryError;
use crate::queries::{Conditions, Snapshot, Window};

/// How a service did, with all of its sources or for one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceStat {
    pub(crate) service: String,
    /// Nothing where they are taken together, too.
    pub(crate) source: Option<String>,
    pub(crate) outcomes: Outcomes,
}

/// What is selected of services that are counted, and what comes after that.
struct Asked<'a> {
    name: &'static str,
    names: &'static str,
    rest: &'a str,
}

/// By service, how it did with the payloads that began in a window: each of its sources counts for itself.
pub(crate) async fn success(
    snapshot: &Snapshot<'_>,
    window: Window,
) -> Result<Bounded<Vec<ServiceStat>>, QueryError> {
    let rest = "group by service having sum(count) > 0 order by service";
    ask(snapshot, window, Asked { name: "success", names: "service, null::text as source", rest }).await
}

/// By service and source, those that failed most first: so many.
pub(crate) async fn services(
    snapshot: &Snapshot<'_>,
    window: Window,
    most: i64,
) -> Result<Bounded<Vec<ServiceStat>>, QueryError> {
    let rest = &format!(
        "group by service, source having sum(count) > 0
        order by failure desc, sum(count) desc, service, source nulls first limit {most}"
    );
    ask(snapshot, window, Asked { name: "services", names: "service, source", rest }).await
}

async fn ask(
    snapshot: &Snapshot<'_>,
    window: Window,
    asked: Asked<'_>,
) -> Result<Bounded<Vec<ServiceStat>>, QueryError> {
    let Asked { name, names, rest } = asked;
    let parts = Stretches::whole(window).parts();
    if parts.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let mut values;
    let counted = if snapshot.org_id().is_none() {
        if let Err(too_many) = check_kinds(snapshot).await? {
            return Ok(Err(too_many));
        }
        values = Conditions::default();
        let parts = COUNTED.sql(&parts, &mut values);
        // Names are few, and looked up once it is known how much there is of each.
        format!(
            "(select service_id, state, sum(count) as count from ({parts}) as parts group by 1, 2) as counted
            join (select distinct service_id, service, source from status_kinds) as names using (service_id)"
        )
    } else if let Err(too_many) = check_with_services(snapshot, window).await? {
        return Ok(Err(too_many));
    } else {
        values = own(snapshot);
        values.within("created_at", &window);
        let filtered = values.sql();
        format!(
            "(select service, source, state, 1 as count
            from {WITH_SERVICES} {filtered}) as counted"
        )
    };
    let sums = Outcomes::of_services("count");
    let sql = format!("-- stat::{name}\nselect {names}, {sums} from {counted} {rest}");
    let rows = snapshot.query_once(&sql, values.values()).await?;
    Ok(Ok(rows.iter().map(ServiceStat::from_row).collect()))
}

const COUNTED: Counted<'static> = Counted {
    counts: "service_counts",
    condition: "true",
    columns: "service_id, state,",
    rows: WITH_SERVICES,
    clock: "created_at",
    group: "group by service_id, state",
};

impl ServiceStat {
    fn from_row(row: &Row) -> Self {
        Self { service: row.get("service"), source: row.get("source"), outcomes: Outcomes::from_row(row) }
    }
}
