//! Refolding: the statuses of a range of requests, folded from scratch, one request after the other.

use schema::{GenerationId, RequestId, Status};
use tokio_postgres::Transaction;

use crate::ProjectError;
use crate::bucket::Range;
use crate::copy_out::CopyOut;
use crate::fold::View;
use crate::table::{STATUSES, copied_status};

/// Folds the statuses that a generation holds of a range of requests, in their order, so that no more than one is in memory.
pub(crate) struct Refold {
    rows: CopyOut,
    /// Whether the digests of statuses are summed up.
    is_summed: bool,
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
    /// The sum of their digests; nothing where only views were asked for.
    pub(crate) digest: u128,
}

impl Refold {
    pub(crate) async fn start(
        transaction: &Transaction<'_>,
        generation: GenerationId,
        range: &Range,
    ) -> Result<Self, ProjectError> {
        Self::read(transaction, generation, range, &STATUSES.names(), true).await
    }

    /// Without the digests. What no view holds isn't even read: a status's message may be as long as all else of a request.
    pub(crate) async fn views(
        transaction: &Transaction<'_>,
        generation: GenerationId,
        range: &Range,
    ) -> Result<Self, ProjectError> {
        let name = |name| if name == "status_msg" { "null::text" } else { name };
        let names: Vec<&str> = STATUSES.columns.iter().map(|column| name(column.name)).collect();
        Self::read(transaction, generation, range, &names.join(", "), false).await
    }

    async fn read(
        transaction: &Transaction<'_>,
        generation: GenerationId,
        range: &Range,
        names: &str,
        is_summed: bool,
    ) -> Result<Self, ProjectError> {
        let query = format!(
            "select {names} from {}.statuses where {} order by request_id",
            generation.schema(),
            range.condition()
        );
        let mut rows = CopyOut::start(transaction, &query, &STATUSES.kinds()).await?;
        let next = rows.next().await?.as_ref().map(copied_status);
        Ok(Self { rows, is_summed, next })
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> Result<Option<Refolded>, ProjectError> {
        let Some(first) = self.next.take() else { return Ok(None) };
        let mut refolded =
            Refolded { request_id: first.request_id.clone(), view: View::default(), statuses: 0, digest: 0 };
        refolded.apply(&first, self.is_summed);
        while let Some(row) = self.rows.next().await? {
            let status = copied_status(&row);
            if status.request_id != refolded.request_id {
                self.next = Some(status);
                break;
            }
            refolded.apply(&status, self.is_summed);
        }
        refolded.view.decide();
        Ok(Some(refolded))
    }
}

impl Refolded {
    fn apply(&mut self, status: &Status, is_summed: bool) {
        self.view.apply(status);
        self.statuses += 1;
        if is_summed {
            self.digest = self.digest.wrapping_add(STATUSES.digest(status));
        }
    }
}
