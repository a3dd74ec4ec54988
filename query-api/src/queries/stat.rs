//! Statistics.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::Snapshot;
use crate::error::QueryError;

/// How a service did with the payloads that it saw, each of its sources for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceStat {
    pub(crate) service: String,
    pub(crate) success: i64,
    pub(crate) failure: i64,
    pub(crate) in_progress: i64,
}

/// By service, how it did with the payloads that were created since.
pub(crate) async fn success(
    snapshot: &Snapshot<'_>,
    since: DateTime<Utc>,
) -> Result<Vec<ServiceStat>, QueryError> {
    let sql = "-- stat::success
        select service,
            count(*) filter (where state = 'good') as success,
            count(*) filter (where state = 'bad') as failure,
            count(*) filter (where state = 'open') as in_progress
        from payloads join services on services.request_id = payloads.request_id
        where payloads.created_at >= $1 and ($2::text is null or payloads.org_id = $2)
        group by service order by service";
    let rows = snapshot.query(sql, &[&since, snapshot.org_id()]).await?;
    Ok(rows.iter().map(ServiceStat::from_row).collect())
}

impl ServiceStat {
    fn from_row(row: &Row) -> Self {
        Self {
            service: row.get("service"),
            success: row.get("success"),
            failure: row.get("failure"),
            in_progress: row.get("in_progress"),
        }
    }
}
