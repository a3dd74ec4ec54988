//! How it went with the payloads of organisations: told by rows alone.

use tokio_postgres::Row;

use super::size::{check, own};
use super::{Bounded, Latency, Outcomes};
use crate::error::QueryError;
use crate::queries::{Snapshot, Window};

/// How it went with the payloads of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrganisationStat {
    /// Nothing for those of which none is known.
    pub(crate) org_id: Option<String>,
    pub(crate) outcomes: Outcomes,
    pub(crate) latency: Option<Latency>,
}

/// Of the payloads that began in a window; organisations of which most failed first: so many.
pub(crate) async fn organisations(
    snapshot: &Snapshot<'_>,
    window: Window,
    most: i64,
) -> Result<Bounded<Vec<OrganisationStat>>, QueryError> {
    if let Err(too_many) = check(snapshot, window).await? {
        return Ok(Err(too_many));
    }
    let mut conditions = own(snapshot);
    conditions.within("created_at", &window);
    let filtered = conditions.sql();
    let (sums, latency) = (Outcomes::of_payloads("1"), Latency::sql("created_at", "last_date"));
    let sql = format!(
        "-- stat::organisations
        select org_id, {sums}, {latency} from payloads {filtered}
        group by org_id order by failure desc, count(*) desc, org_id nulls first limit {most}"
    );
    let rows = snapshot.query_once(&sql, conditions.values()).await?;
    let stat = |row: &Row| OrganisationStat {
        org_id: row.get("org_id"),
        outcomes: Outcomes::from_row(row),
        latency: Latency::from_row(row),
    };
    Ok(Ok(rows.iter().map(stat).collect()))
}
