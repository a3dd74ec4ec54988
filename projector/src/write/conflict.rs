//! The rows of `conflicts`.

use runtime::database::Transaction;
use schema::{Conflict, NameId, RequestId};

use crate::ProjectError;
use crate::table::CONFLICTS;
use projection::View;

/// Takes out what won after all, and adds what lost, or keeps its later claim.
pub(crate) async fn upsert<'a>(
    transaction: &Transaction<'_>,
    views: impl Iterator<Item = (&'a RequestId, &'a View)> + Clone,
) -> Result<(), ProjectError> {
    let (mut request_ids, mut attributes, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (request_id, view) in views.clone() {
        for (attribute, value) in &view.conflicts.promoted {
            request_ids.push(request_id);
            attributes.push(attribute.as_str());
            ids.push(NameId::of(&[Some(value)]));
        }
    }
    if !ids.is_empty() {
        let statement = transaction
            .prepare_cached(
                "-- conflict::promote
                delete from conflicts
                using unnest($1::text[], $2::text[], $3::uuid[]) as won(request_id, attribute, value_id)
                where (conflicts.request_id, conflicts.attribute, conflicts.value_id)
                    = (won.request_id, won.attribute, won.value_id)",
            )
            .await?;
        transaction.execute(&statement, &[&request_ids, &attributes, &ids]).await?;
    }
    let conflicts: Vec<Conflict> = views.flat_map(|(request_id, view)| view.conflicts(request_id)).collect();
    CONFLICTS.upsert(transaction, &conflicts.iter().collect::<Vec<_>>()).await
}

/// Takes out all conflicts of these requests.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<(), ProjectError> {
    transaction
        .execute("-- conflict::delete\ndelete from conflicts where request_id = any($1)", &[&request_ids])
        .await?;
    Ok(())
}
