//! Refolding: the statuses of a range of requests, folded from scratch, one request after the other.

use schema::{GenerationId, RequestId, Status};
use tokio_postgres::Transaction;

use crate::bucket::Range;
use crate::copy_out::CopyOut;
use crate::table::{STATUSES, copied_status};
use crate::{Mismatch, ProjectError};
use projection::View;

/// Damaged rows that are told one by one.
const TOLD: usize = 20;

/// Folds the statuses that a generation holds of a range of requests, in their order, so that no more than one is in memory.
pub(crate) struct Refold {
    rows: CopyOut,
    /// The first status of the next request.
    next: Option<Status>,
    /// Statuses that can't be read, the first of them: no request has them.
    pub(crate) damaged: Vec<Mismatch>,
}

/// A request, folded.
pub(crate) struct Refolded {
    pub(crate) request_id: RequestId,
    /// Complete.
    pub(crate) view: View,
}

impl Refold {
    pub(crate) async fn start(
        transaction: &Transaction<'_>,
        generation: GenerationId,
        range: &Range,
    ) -> Result<Self, ProjectError> {
        Self::select(transaction, generation, range, &STATUSES.names()).await
    }

    /// For views only. What none holds isn't even read: a status's message may be as long as all else of a request.
    pub(crate) async fn views(
        transaction: &Transaction<'_>,
        generation: GenerationId,
        range: &Range,
    ) -> Result<Self, ProjectError> {
        let name = |name| if name == "status_msg" { "null::text" } else { name };
        let names: Vec<&str> = STATUSES.columns.iter().map(|column| name(column.name)).collect();
        Self::select(transaction, generation, range, &names.join(", ")).await
    }

    async fn select(
        transaction: &Transaction<'_>,
        generation: GenerationId,
        range: &Range,
        names: &str,
    ) -> Result<Self, ProjectError> {
        let query = format!(
            "select {names} from {}.statuses where {} order by request_id",
            generation.schema(),
            range.condition()
        );
        let rows = CopyOut::start(transaction, "refold::start", &query, &STATUSES.kinds()).await?;
        let mut refold = Self { rows, next: None, damaged: Vec::new() };
        refold.next = refold.read().await?;
        Ok(refold)
    }

    /// The next request. `see` is shown each of its statuses.
    pub(crate) async fn next(
        &mut self,
        mut see: impl FnMut(&Status),
    ) -> Result<Option<Refolded>, ProjectError> {
        let Some(first) = self.next.take() else { return Ok(None) };
        let request_id = first.request_id.clone();
        let mut view = View::default();
        let mut apply = |status: &Status| {
            see(status);
            view.apply(status);
        };
        apply(&first);
        while let Some(status) = self.read().await? {
            if status.request_id != request_id {
                self.next = Some(status);
                break;
            }
            apply(&status);
        }
        view.decide();
        Ok(Some(Refolded { request_id, view }))
    }

    /// That every status could be read: what is folded from them must leave none out.
    pub(crate) fn finish(self) -> Result<(), ProjectError> {
        self.damaged.into_iter().next().map_or(Ok(()), |damage| Err(ProjectError::Damaged(damage)))
    }

    /// The next status that can be read.
    async fn read(&mut self) -> Result<Option<Status>, ProjectError> {
        while let Some(row) = self.rows.next().await? {
            match copied_status(&row) {
                Ok(status) => return Ok(Some(status)),
                Err(damage) if self.damaged.len() < TOLD => self.damaged.push(damage),
                Err(_) => {}
            }
        }
        Ok(None)
    }
}
