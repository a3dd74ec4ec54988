//! Payloads by outcome.

use tokio_postgres::Row;

use super::size::{check, own};
use super::stretch::Counted;
use super::{At, Bounded, Outcomes, Stretches};
use crate::error::QueryError;
use crate::queries::{Conditions, Snapshot};

/// Of the payloads that began within each stretch. Those in which none did may be left out.
pub(crate) async fn outcomes(
    snapshot: &Snapshot<'_>,
    stretches: &Stretches,
) -> Result<Bounded<Vec<At<Outcomes>>>, QueryError> {
    let rows = if snapshot.org_id().is_none() {
        counted(snapshot, stretches).await?
    } else {
        match check(snapshot, stretches.window).await? {
            Ok(()) => own_rows(snapshot, stretches).await?,
            Err(too_many) => return Ok(Err(too_many)),
        }
    };
    Ok(Ok(rows.iter().map(|row| (row.get("at"), Outcomes::from_row(row))).collect()))
}

async fn counted(snapshot: &Snapshot<'_>, stretches: &Stretches) -> Result<Vec<Row>, QueryError> {
    let parts = stretches.parts();
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = Conditions::default();
    let counted = Counted {
        counts: "payload_counts",
        condition: "true",
        columns: "outcome,",
        rows: "payloads",
        clock: "created_at",
        group: "group by outcome",
    };
    let (parts, sums) = (counted.sql(&parts, &mut values), Outcomes::of_payloads("count"));
    let sql = format!("-- stat::outcomes\nselect at, {sums} from ({parts}) as parts group by at");
    snapshot.query_once(&sql, values.values()).await
}

async fn own_rows(snapshot: &Snapshot<'_>, stretches: &Stretches) -> Result<Vec<Row>, QueryError> {
    let mut conditions = own(snapshot);
    conditions.within("created_at", &stretches.window);
    let (at, filtered) = (stretches.sql("created_at", &mut conditions), conditions.sql());
    let sums = Outcomes::of_payloads("1");
    let sql = format!("-- stat::own_outcomes\nselect {at} as at, {sums} from payloads {filtered} group by 1");
    snapshot.query_once(&sql, conditions.values()).await
}
