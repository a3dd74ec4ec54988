//! What the statuses fold to, beside what the other tables hold.

use std::collections::HashMap;
use std::sync::Arc;

use runtime::database::{Pool, Transaction};
use schema::{GenerationId, Status};

use super::counted::{CountSums, Counted};
use super::moment::Moment;
use super::sum::Sums;
use super::{Mismatch, TOLD};
use crate::ProjectError;
use crate::bucket::{Bucket, Range};
use crate::copy_out::{CopiedRow, CopyOut};
use crate::refold::{Refold, Refolded};
use crate::table::{CONFLICTS, PARTS, PAYLOADS, SERVICES, STATUSES, Table};

/// What the tables hold of a bucket of requests.
pub(super) struct Held {
    pub(super) statuses: u64,
    pub(super) requests: u64,
    pub(super) sums: Sums,
    /// What the statuses and what they fold to count for.
    pub(super) counted: CountSums,
    pub(super) mismatches: Vec<Mismatch>,
}

pub(super) async fn read(pool: Pool, moment: Arc<Moment>, bucket: Bucket) -> Result<Held, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    let (id, range) = (moment.generation.id, &bucket.range());
    let (mut statuses, mut requests, mut folded) = (0, 0, Sums::default());
    let mut counted = Counted::new(moment.generation.shard_count);
    let mut refold = Refold::start(&transaction, id, range).await?;
    loop {
        let see = |status: &Status| {
            statuses += 1;
            folded.statuses = folded.statuses.wrapping_add(STATUSES.digest(status));
            counted.add_status(status);
        };
        let Some(Refolded { request_id, view }) = refold.next(see).await? else { break };
        requests += 1;
        view.payload.iter().for_each(|payload| counted.add_payload(payload, &view.services));
        add(&mut folded.payloads, view.payload.iter().map(|row| PAYLOADS.digest(row)));
        add(&mut folded.services, view.services.values().map(|row| SERVICES.digest(row)));
        add(&mut folded.parts, view.parts.values().map(|row| PARTS.digest(row)));
        add(&mut folded.conflicts, view.conflicts(&request_id).map(|row| CONFLICTS.digest(&row)));
    }
    let sums = Sums {
        payloads: sum(&transaction, id, range, &PAYLOADS).await?,
        services: sum(&transaction, id, range, &SERVICES).await?,
        parts: sum(&transaction, id, range, &PARTS).await?,
        conflicts: sum(&transaction, id, range, &CONFLICTS).await?,
        ..folded
    };
    let mut mismatches = Vec::new();
    if sums != folded || !refold.damaged.is_empty() {
        mismatches = name_differing(&transaction, id, range).await?;
        if mismatches.is_empty() {
            mismatches.push(Mismatch {
                table: "payloads",
                key: format!("request ids from {:?} on", range.from),
                what: "differ in a way that shows in no row, as doubled ones do".to_owned(),
            });
        }
    }
    Ok(Held { statuses, requests, sums, counted: counted.finish(), mismatches })
}

fn add(sum: &mut u128, digests: impl Iterator<Item = u128>) {
    *sum = digests.fold(*sum, u128::wrapping_add);
}

async fn sum<R>(
    transaction: &Transaction<'_>,
    id: GenerationId,
    range: &Range,
    table: &Table<R>,
) -> Result<u128, ProjectError> {
    let mut sum = 0_u128;
    each(transaction, id, range, table, |row| sum = sum.wrapping_add(table.digest_stored(row))).await?;
    Ok(sum)
}

async fn each<R>(
    transaction: &Transaction<'_>,
    id: GenerationId,
    range: &Range,
    table: &Table<R>,
    mut take: impl FnMut(&CopiedRow),
) -> Result<(), ProjectError> {
    let query =
        format!("select {} from {}.{} where {}", table.names(), id.schema(), table.name, range.condition());
    let mut rows =
        CopyOut::start(transaction, &format!("verify::{}", table.name), &query, &table.kinds()).await?;
    while let Some(row) = rows.next().await? {
        take(&row);
    }
    Ok(())
}

/// Compares a range of requests row by row.
pub(crate) async fn name_differing(
    transaction: &Transaction<'_>,
    id: GenerationId,
    range: &Range,
) -> Result<Vec<Mismatch>, ProjectError> {
    let (mut payloads, mut services) = (HashMap::new(), HashMap::new());
    let (mut parts, mut conflicts) = (HashMap::new(), HashMap::new());
    let mut refold = Refold::start(transaction, id, range).await?;
    while let Some(Refolded { request_id, view }) = refold.next(|_| {}).await? {
        conflicts.extend(view.conflicts(&request_id).map(|row| (CONFLICTS.key(&row), row)));
        payloads.extend(view.payload.into_iter().map(|row| (PAYLOADS.key(&row), row)));
        services.extend(view.services.into_values().map(|row| (SERVICES.key(&row), row)));
        parts.extend(view.parts.into_values().map(|row| (PARTS.key(&row), row)));
    }
    let mut mismatches = refold.damaged;
    mismatches.extend(compare(transaction, id, range, &PAYLOADS, payloads).await?);
    mismatches.extend(compare(transaction, id, range, &SERVICES, services).await?);
    mismatches.extend(compare(transaction, id, range, &PARTS, parts).await?);
    mismatches.extend(compare(transaction, id, range, &CONFLICTS, conflicts).await?);
    Ok(mismatches)
}

async fn compare<R>(
    transaction: &Transaction<'_>,
    id: GenerationId,
    range: &Range,
    table: &Table<R>,
    mut expected: HashMap<String, R>,
) -> Result<Vec<Mismatch>, ProjectError> {
    let mut mismatches = Vec::new();
    each(transaction, id, range, table, |row| {
        let key = table.stored_key(row);
        let what = match expected.remove(&key) {
            None => "no status says this".to_owned(),
            Some(expected) if table.digest(&expected) == table.digest_stored(row) => return,
            Some(expected) => {
                format!("the statuses say otherwise: {}", table.list_differing(&expected, row))
            }
        };
        mismatches.push(Mismatch { table: table.name, key, what });
    })
    .await?;
    let missing =
        |row: &R| Mismatch { table: table.name, key: table.key(row), what: "is missing".to_owned() };
    mismatches.extend(expected.values().map(missing));
    mismatches.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    mismatches.truncate(TOLD);
    Ok(mismatches)
}
