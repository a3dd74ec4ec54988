//! The rows of `services`.

use runtime::database::Transaction;
use schema::{NameId, RequestId, Service};

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

/// Takes out all services of these requests.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<(), ProjectError> {
    transaction
        .execute("-- service::delete\ndelete from services where request_id = any($1)", &[&request_ids])
        .await?;
    Ok(())
}
