//! How long payloads and services took: told by rows alone, exactly.

use chrono::TimeDelta;
use tokio_postgres::Row;

use super::size::{WITH_SERVICES, check, check_with_services, own};
use super::{At, Bounded, Stretches};
use crate::error::QueryError;
use crate::queries::service::ServiceName;
use crate::queries::{Snapshot, Window};

/// How long some took: so many of a hundred no longer than this. Each is the duration of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Latency {
    pub(crate) count: i64,
    pub(crate) p50: TimeDelta,
    pub(crate) p90: TimeDelta,
    pub(crate) p99: TimeDelta,
    pub(crate) max: TimeDelta,
}

/// How long a service took, for one of its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timed {
    pub(crate) service: String,
    pub(crate) source: Option<String>,
    pub(crate) latency: Latency,
}

impl Latency {
    /// The columns that it is read from, of what lies between two times of a row.
    pub(super) fn sql(from: &str, to: &str) -> String {
        format!(
            "count(*) as timed, percentile_disc(array[0.5, 0.9, 0.99, 1]::float8[])
                within group (order by (extract(epoch from {to} - {from}) * 1000000)::bigint) as micros"
        )
    }

    /// There is none where nothing was timed.
    pub(super) fn from_row(row: &Row) -> Option<Self> {
        let micros: Vec<i64> =
            row.get::<_, Option<Vec<Option<i64>>>>("micros")?.into_iter().flatten().collect();
        let [p50, p90, p99, max] = micros.as_slice() else { return None };
        let [p50, p90, p99, max] = [p50, p90, p99, max].map(|micros| TimeDelta::microseconds(*micros));
        Some(Self { count: row.get("timed"), p50, p90, p99, max })
    }
}

/// Of the payloads that began within each stretch, from their first status to their last. Those in which none did are left out.
pub(crate) async fn latencies(
    snapshot: &Snapshot<'_>,
    stretches: &Stretches,
) -> Result<Bounded<Vec<At<Latency>>>, QueryError> {
    if let Err(too_many) = check(snapshot, stretches.window).await? {
        return Ok(Err(too_many));
    }
    let mut conditions = own(snapshot);
    conditions.within("created_at", &stretches.window);
    let (at, filtered) = (stretches.sql("created_at", &mut conditions), conditions.sql());
    let latency = Latency::sql("created_at", "last_date");
    let sql = format!("-- stat::latencies\nselect {at} as at, {latency} from payloads {filtered} group by 1");
    let rows = snapshot.query_once(&sql, conditions.values()).await?;
    Ok(Ok(rows.iter().filter_map(|row| Some((row.get("at"), Latency::from_row(row)?))).collect()))
}

/// Of the payloads that began in a window, how long each of these services took with them.
pub(crate) async fn service_latencies(
    snapshot: &Snapshot<'_>,
    window: Window,
    names: &[ServiceName],
) -> Result<Bounded<Vec<Timed>>, QueryError> {
    if let Err(too_many) = check_with_services(snapshot, window).await? {
        return Ok(Err(too_many));
    }
    let services: Vec<&str> = names.iter().map(|(service, _)| service.as_str()).collect();
    let sources: Vec<Option<&str>> = names.iter().map(|(_, source)| source.as_deref()).collect();
    let mut conditions = own(snapshot);
    conditions.within("created_at", &window);
    let (filtered, latency) = (conditions.sql(), Latency::sql("services.first_date", "services.last_date"));
    let (services, sources) = (conditions.bind(&services), conditions.bind(&sources));
    let sql = format!(
        "-- stat::service_latencies
        select service, source, {latency}
        from {WITH_SERVICES}
        join unnest({services}::text[], {sources}::text[]) as asked(name, of_source)
            on name = service and of_source is not distinct from source
        {filtered} group by service, source"
    );
    let rows = snapshot.query_once(&sql, conditions.values()).await?;
    let timed = |row: &Row| {
        let latency = Latency::from_row(row)?;
        Some(Timed { service: row.get("service"), source: row.get("source"), latency })
    };
    Ok(Ok(rows.iter().filter_map(timed).collect()))
}
