//! Refolding: the statuses of a bucket of requests, folded from scratch, one request after the other.

use futures_util::{TryStreamExt as _, pin_mut};
use schema::{GenerationId, RequestId, Status};
use tokio_postgres::GenericClient;
use tokio_postgres::types::ToSql;

use crate::ProjectError;
use crate::bucket::Bucket;
use crate::fold::View;

/// Folds the statuses that a generation holds of a bucket. Each view is handed over when it is complete, in the order of request
/// ids, so that no more than one is in memory; `observe` sees each status.
pub(crate) async fn refold(
    client: &impl GenericClient,
    generation: GenerationId,
    bucket: Bucket,
    mut observe: impl FnMut(&Status),
    mut take: impl AsyncFnMut(RequestId, View) -> Result<(), ProjectError>,
) -> Result<(), ProjectError> {
    let statement = client
        .prepare(&format!(
            "-- refold::list
            select * from {}.statuses
            where request_id >= $1 and ($2::text is null or request_id < $2)
            order by request_id",
            generation.schema()
        ))
        .await?;
    let (from, to) = (bucket.from(), bucket.to());
    let parameters: [&(dyn ToSql + Sync); 2] = [&from, &to];
    let rows = client.query_raw(&statement, parameters).await?;
    pin_mut!(rows);
    let mut current: Option<(RequestId, View)> = None;
    while let Some(row) = rows.try_next().await? {
        let status = Status::from_row(&row);
        observe(&status);
        match &mut current {
            Some((request_id, view)) if *request_id == status.request_id => view.apply(&status),
            _ => {
                let mut view = View::default();
                view.apply(&status);
                if let Some((request_id, view)) = current.replace((status.request_id, view)) {
                    take(request_id, decided(view)).await?;
                }
            }
        }
    }
    match current {
        Some((request_id, view)) => take(request_id, decided(view)).await,
        None => Ok(()),
    }
}

fn decided(mut view: View) -> View {
    view.decide();
    view
}
