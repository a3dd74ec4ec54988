//! Refolding: the statuses of a range of requests, folded from scratch, one request after the other.

use std::pin::Pin;

use futures_util::TryStreamExt as _;
use schema::{GenerationId, RequestId, Status};
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, RowStream};

use crate::ProjectError;
use crate::bucket::Range;
use crate::fold::View;
use crate::table::STATUSES;

/// Folds the statuses that a generation holds of a range of requests, in their order, so that no more than one is in memory.
pub(crate) struct Refold {
    rows: Pin<Box<RowStream>>,
    /// The first status of the next request.
    next: Option<Status>,
}

/// A request, folded.
pub(crate) struct Refolded {
    pub(crate) request_id: RequestId,
    /// Complete.
    pub(crate) view: View,
    /// How many statuses it is of.
    pub(crate) statuses: u64,
    /// The sum of their digests.
    pub(crate) digest: u128,
}

impl Refold {
    pub(crate) async fn start(
        client: &impl GenericClient,
        generation: GenerationId,
        range: &Range,
    ) -> Result<Self, ProjectError> {
        let statement = client
            .prepare(&format!(
                "-- refold::list
                select * from {}.statuses
                where request_id >= $1 and ($2::text is null or request_id < $2)
                order by request_id",
                generation.schema()
            ))
            .await?;
        let parameters: [&(dyn ToSql + Sync); 2] = [&range.from, &range.to];
        let mut rows = Box::pin(client.query_raw(&statement, parameters).await?);
        let next = rows.try_next().await?.as_ref().map(Status::from_row);
        Ok(Self { rows, next })
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> Result<Option<Refolded>, ProjectError> {
        let Some(first) = self.next.take() else { return Ok(None) };
        let mut refolded =
            Refolded { request_id: first.request_id.clone(), view: View::default(), statuses: 0, digest: 0 };
        refolded.apply(&first);
        while let Some(row) = self.rows.try_next().await? {
            let status = Status::from_row(&row);
            if status.request_id != refolded.request_id {
                self.next = Some(status);
                break;
            }
            refolded.apply(&status);
        }
        refolded.view.decide();
        Ok(Some(refolded))
    }
}

impl Refolded {
    fn apply(&mut self, status: &Status) {
        self.view.apply(status);
        self.statuses += 1;
        self.digest = self.digest.wrapping_add(STATUSES.digest(status));
    }
}
