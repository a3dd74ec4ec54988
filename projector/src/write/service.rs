//! The rows of `services`.

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Transaction;
use schema::{NameId, RequestId, Service, State, column};
use tokio_postgres::types::ToSql;

use super::allowance::Allowance;
use crate::ProjectError;
use crate::table::SERVICES;

/// The key of a row.
pub(crate) type ServiceKey<'a> = (&'a RequestId, NameId);

/// Those of the services that are known.
pub(super) async fn list(
    transaction: &Transaction<'_>,
    allowance: &mut Allowance,
    keys: &[ServiceKey<'_>],
) -> Result<Vec<Service>, ProjectError> {
    let sql = format!(
        "-- service::list
        select {} from unnest($1::text[], $2::uuid[]) as wanted(request_id, service_id)
        join services using (request_id, service_id)",
        SERVICES.names()
    );
    let statement = transaction.prepare_cached(&sql).await?;
    let (request_ids, ids): (Vec<&RequestId>, Vec<NameId>) = keys.iter().copied().unzip();
    allowance.list(transaction, &statement, &[&request_ids, &ids], (SERVICES.name, Service::from_row)).await
}

/// Takes out all services of these requests, and gives each with the state that it was in.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
    mut take: impl FnMut(&RequestId, (NameId, State)),
) -> Result<(), ProjectError> {
    let sql = "-- service::delete
        delete from services where request_id = any($1) returning request_id, service_id, state";
    let statement = transaction.prepare_cached(sql).await?;
    let parameters: [&(dyn ToSql + Sync); 1] = [&request_ids];
    let rows = transaction.query_raw(&statement, parameters).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        let state = column(&row, "state");
        let state = state.map_err(|column| ProjectError::unreadable(SERVICES.name, &row, column))?;
        take(&row.get("request_id"), (row.get("service_id"), state));
    }
    Ok(())
}
