//! The rows of `parts`.

use runtime::database::Transaction;
use schema::{NameId, Part, RequestId};

use super::allowance::Allowance;
use crate::ProjectError;
use crate::table::PARTS;

/// The key of a row.
pub(crate) type PartKey<'a> = (&'a RequestId, NameId, NameId);

/// Those of the parts that are known.
pub(super) async fn list(
    transaction: &Transaction<'_>,
    allowance: &mut Allowance,
    keys: &[PartKey<'_>],
) -> Result<Vec<Part>, ProjectError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "-- part::list
        select {} from unnest($1::text[], $2::uuid[], $3::uuid[]) as wanted(request_id, service_id, part_id)
        join parts using (request_id, service_id, part_id)",
        PARTS.names()
    );
    let statement = transaction.prepare_cached(&sql).await?;
    let request_ids: Vec<&RequestId> = keys.iter().map(|key| key.0).collect();
    let service_ids: Vec<NameId> = keys.iter().map(|key| key.1).collect();
    let ids: Vec<NameId> = keys.iter().map(|key| key.2).collect();
    allowance
        .list(transaction, &statement, &[&request_ids, &service_ids, &ids], (PARTS.name, Part::from_row))
        .await
}

/// Takes out all parts of these requests.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<(), ProjectError> {
    transaction
        .execute("-- part::delete\ndelete from parts where request_id = any($1)", &[&request_ids])
        .await?;
    Ok(())
}
