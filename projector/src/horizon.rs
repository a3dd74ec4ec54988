//! The horizon: what retention took out of the log leaves the read models too, so that they stay the fold of what is kept.
//!
//! It goes chunk by chunk, in the order of the log. A request is folded anew when the last of its statuses of the range goes, so
//! once, however many chunks it is spread over. Until then it shows what it was, but for the number of its statuses, which lists
//! count by; that the generation is behind its horizon says so to whoever compares.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::database::{Object, Pool, Transaction};
use schema::{GenerationId, RequestId};
use tracing::info;

use crate::bucket::Range;
use crate::pace::Pace;
use crate::pipeline::within;
use crate::refold::Refold;
use crate::retired::{self, Retired};
use crate::rows::Rows;
use crate::shard::Shard;
use crate::write::{conflict, lock, part, payload, quarantine, service, status};
use crate::{Generation, ProjectError};

/// Statuses that are taken out in one transaction.
const CHUNK: usize = 2_000;
/// Bytes of their names after which there are enough of them: each may be as long as a message.
const CHUNK_BYTES: i64 = 8 << 20;

/// How far a generation has left behind what retention took.
#[derive(Debug, Default)]
pub(crate) struct Horizon {
    pace: Pace,
    /// What the last chunk left of its range: looking through what is gone already would take longer with each.
    rest: Mutex<Option<Retired>>,
}

impl Horizon {
    /// Takes the next chunk of what was retired out of a generation. Gives whether there was anything to do.
    ///
    /// # Errors
    /// The chunk is then out whole or not at all. Where it was too much, the next one is smaller.
    pub(crate) async fn pass(&self, pool: &Pool, generation: &Generation) -> Result<bool, ProjectError> {
        let mut client = pool.get().await?;
        let passed = within(Box::pin(self.take_chunk(&mut client, generation))).await;
        self.pace.note(&passed);
        if passed.is_err() {
            // What state the connection is in, nobody knows: don't hand it out again.
            drop(Object::take(client));
        }
        passed
    }

    /// Whether a chunk that was too much may be halved yet.
    pub(crate) fn can_take_less(&self) -> bool {
        self.pace.share(CHUNK) > 1
    }

    async fn take_chunk(&self, client: &mut Object, generation: &Generation) -> Result<bool, ProjectError> {
        let Some(retired) = retired::find(client, generation.id).await? else { return Ok(false) };
        let rest = self.rest().filter(|rest| rest.is_rest_of(&retired));
        let most = i64::try_from(self.pace.share(CHUNK)).expect("a chunk is small");
        let transaction = client.transaction().await?;
        lock(&transaction, generation.id, Shard::all(generation.shard_count)).await?;
        let left = take_statuses(&transaction, generation, &rest.unwrap_or(retired), most).await?;
        // Another process may have been here meanwhile: then nothing is left, and noting that again changes nothing.
        let is_done =
            left.is_none() && rest.is_none() && quarantine::delete(&transaction, &retired, most).await? == 0;
        if is_done {
            retired::leave_behind(&transaction, generation.id, &retired).await?;
        } else {
            retired::count_chunk(&transaction, generation.id).await?;
        }
        transaction.commit().await?;
        *self.rest() = left;
        if is_done {
            info!(
                generation = generation.id.0,
                stream = retired.stream.0,
                to_offset = retired.to_offset,
                "the read models have left a retired day behind"
            );
        }
        Ok(true)
    }

    fn rest(&self) -> MutexGuard<'_, Option<Retired>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the first statuses of a range out. Gives what is left of the range; nothing when there were none.
async fn take_statuses(
    transaction: &Transaction<'_>,
    generation: &Generation,
    retired: &Retired,
    most: i64,
) -> Result<Option<Retired>, ProjectError> {
    let mut rows = Rows::new(generation.shard_count);
    let mut taken: BTreeMap<RequestId, i64> = BTreeMap::new();
    let mut left = None;
    status::delete(transaction, retired, (most, CHUNK_BYTES), |status| {
        rows.counts(&status.request_id).add_status(&status, -1);
        left = left.max(Some(status.position.offset + 1));
        *taken.entry(status.request_id).or_default() += 1;
    })
    .await?;
    let Some(from_offset) = left else { return Ok(None) };
    let left = Retired { from_offset, ..*retired };
    let (kept, gone) = status::divide(transaction, &left, &taken.keys().collect::<Vec<_>>()).await?;
    for folded in kept.iter().chain(&gone) {
        taken.remove(folded);
    }
    payload::take_statuses(transaction, &taken).await?;
    refold(transaction, generation.id, &kept, &gone, &mut rows).await?;
    rows.finish(transaction).await?;
    Ok(Some(left))
}

/// Folds requests anew of which statuses are kept, one after the other; those of which none is left go.
async fn refold(
    transaction: &Transaction<'_>,
    generation: GenerationId,
    kept: &[RequestId],
    gone: &[RequestId],
    rows: &mut Rows,
) -> Result<(), ProjectError> {
    let request_ids: Vec<&RequestId> = kept.iter().chain(gone).collect();
    let mut created_at = HashMap::with_capacity(request_ids.len());
    payload::delete(transaction, &request_ids, |payload| {
        rows.counts(&payload.request_id).add_payload(&payload, -1);
        created_at.insert(payload.request_id, payload.created_at);
    })
    .await?;
    service::delete(transaction, &request_ids, |request_id, service| {
        // Of a request without a payload nothing was counted.
        if let Some(created_at) = created_at.get(request_id) {
            rows.counts(request_id).add_service(*created_at, service, -1);
        }
    })
    .await?;
    part::delete(transaction, &request_ids).await?;
    conflict::delete(transaction, &request_ids).await?;
    for request_id in kept {
        let mut refold = Refold::views(transaction, generation, &Range::of(request_id)).await?;
        // It is read to its end, for the connection does nothing else meanwhile.
        while let Some(refolded) = refold.next(|_| {}).await? {
            rows.take(transaction, refolded).await?;
        }
        refold.finish()?;
    }
    Ok(())
}
