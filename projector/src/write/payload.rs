//! The rows of `payloads`.

use std::collections::BTreeMap;

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Transaction;
use schema::{Payload, RequestId};
use tokio_postgres::types::ToSql;

use super::allowance::Allowance;
use crate::ProjectError;
use crate::table::PAYLOADS;

/// Those of the payloads that are known.
pub(super) async fn list(
    transaction: &Transaction<'_>,
    allowance: &mut Allowance,
    request_ids: &[&RequestId],
) -> Result<Vec<Payload>, ProjectError> {
    let sql =
        format!("-- payload::list\nselect {} from payloads where request_id = any($1)", PAYLOADS.names());
    let statement = transaction.prepare_cached(&sql).await?;
    allowance.list(transaction, &statement, &[&request_ids], (PAYLOADS.name, Payload::from_row)).await
}

/// Takes so many statuses of each off their number.
pub(crate) async fn take_statuses(
    transaction: &Transaction<'_>,
    taken: &BTreeMap<RequestId, i64>,
) -> Result<(), ProjectError> {
    let (request_ids, counts): (Vec<&RequestId>, Vec<i64>) =
        taken.iter().map(|(id, count)| (id, *count)).unzip();
    let sql = "-- payload::take_statuses
        update payloads set status_count = status_count - taken.count
        from unnest($1::text[], $2::bigint[]) as taken(request_id, count)
        where payloads.request_id = taken.request_id";
    let statement = transaction.prepare_cached(sql).await?;
    transaction.execute(&statement, &[&request_ids, &counts]).await?;
    Ok(())
}

/// Takes payloads out, and gives each.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
    mut take: impl FnMut(Payload),
) -> Result<(), ProjectError> {
    let sql = format!(
        "-- payload::delete\ndelete from payloads where request_id = any($1) returning {}",
        PAYLOADS.names()
    );
    let statement = transaction.prepare_cached(&sql).await?;
    let parameters: [&(dyn ToSql + Sync); 1] = [&request_ids];
    let rows = transaction.query_raw(&statement, parameters).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        let read = Payload::from_row(&row);
        take(read.map_err(|column| ProjectError::unreadable(PAYLOADS.name, &row, column))?);
    }
    Ok(())
}
