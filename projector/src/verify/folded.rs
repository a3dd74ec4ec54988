//! What the statuses fold to, beside what the other tables hold.

use std::collections::HashMap;

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::{Pool, Transaction};
use schema::GenerationId;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::moment::Moment;
use super::sum::Sums;
use super::{Mismatch, TOLD};
use crate::ProjectError;
use crate::bucket::Bucket;
use crate::fold::View;
use crate::refold::refold;
use crate::table::{CONFLICTS, PARTS, PAYLOADS, SERVICES, STATUSES, Table};

/// What the tables hold of a bucket.
#[derive(Default)]
pub(super) struct Held {
    pub(super) statuses: u64,
    pub(super) requests: u64,
    pub(super) sums: Sums,
    pub(super) mismatches: Vec<Mismatch>,
}

/// What folding gives.
#[derive(Default)]
struct Folded {
    statuses: u64,
    requests: u64,
    sums: Sums,
}

pub(super) async fn read(pool: &Pool, moment: &Moment<'_>, bucket: Bucket) -> Result<Held, ProjectError> {
    let mut client = pool.get().await?;
    let transaction = moment.join(&mut client).await?;
    let id = moment.generation.id;
    let mut folded = Folded::default();
    let mut statuses = 0_u128;
    let observe = |status: &schema::Status| {
        folded.statuses += 1;
        statuses = statuses.wrapping_add(STATUSES.digest(status));
    };
    let (mut requests, mut sums) = (0, Sums::default());
    refold(&*transaction, id, bucket, observe, async |request_id, view: View| {
        requests += 1;
        add(&mut sums.payloads, view.payload.iter().map(|row| PAYLOADS.digest(row)));
        add(&mut sums.services, view.services.values().map(|row| SERVICES.digest(row)));
        add(&mut sums.parts, view.parts.values().map(|row| PARTS.digest(row)));
        add(&mut sums.conflicts, view.conflicts(&request_id).map(|row| CONFLICTS.digest(&row)));
        Ok(())
    })
    .await?;
    (folded.requests, folded.sums) = (requests, Sums { statuses, ..sums });

    let held = Sums {
        payloads: sum(&transaction, id, bucket, &PAYLOADS).await?,
        services: sum(&transaction, id, bucket, &SERVICES).await?,
        parts: sum(&transaction, id, bucket, &PARTS).await?,
        conflicts: sum(&transaction, id, bucket, &CONFLICTS).await?,
        ..folded.sums
    };
    let mismatches =
        if held == folded.sums { Vec::new() } else { name_differing(&transaction, id, bucket).await? };
    Ok(Held { statuses: folded.statuses, requests: folded.requests, sums: held, mismatches })
}

fn add(sum: &mut u128, digests: impl Iterator<Item = u128>) {
    *sum = digests.fold(*sum, u128::wrapping_add);
}

async fn sum<R>(
    transaction: &Transaction<'_>,
    id: GenerationId,
    bucket: Bucket,
    table: &Table<R>,
) -> Result<u128, ProjectError> {
    let mut sum = 0_u128;
    each(transaction, id, bucket, table, |row| sum = sum.wrapping_add(table.digest_stored(row))).await?;
    Ok(sum)
}

async fn each<R>(
    transaction: &Transaction<'_>,
    id: GenerationId,
    bucket: Bucket,
    table: &Table<R>,
    mut take: impl FnMut(&Row),
) -> Result<(), ProjectError> {
    let statement = transaction
        .prepare_cached(&format!(
            "-- verify::list_{1}
            select * from {0}.{1} where request_id >= $1 and ($2::text is null or request_id < $2)",
            id.schema(),
            table.name
        ))
        .await?;
    let (from, to) = (bucket.from(), bucket.to());
    let parameters: [&(dyn ToSql + Sync); 2] = [&from, &to];
    let rows = transaction.query_raw(&statement, parameters).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        take(&row);
    }
    Ok(())
}

/// Compares a bucket row by row.
async fn name_differing(
    transaction: &Transaction<'_>,
    id: GenerationId,
    bucket: Bucket,
) -> Result<Vec<Mismatch>, ProjectError> {
    let (mut payloads, mut services) = (HashMap::new(), HashMap::new());
    let (mut parts, mut conflicts) = (HashMap::new(), HashMap::new());
    refold(
        &**transaction,
        id,
        bucket,
        |_| {},
        async |request_id, view: View| {
            conflicts.extend(view.conflicts(&request_id).map(|row| (CONFLICTS.key(&row), row)));
            payloads.extend(view.payload.into_iter().map(|row| (PAYLOADS.key(&row), row)));
            services.extend(view.services.into_values().map(|row| (SERVICES.key(&row), row)));
            parts.extend(view.parts.into_values().map(|row| (PARTS.key(&row), row)));
            Ok(())
        },
    )
    .await?;
    let mut mismatches = compare(transaction, id, bucket, &PAYLOADS, payloads).await?;
    mismatches.extend(compare(transaction, id, bucket, &SERVICES, services).await?);
    mismatches.extend(compare(transaction, id, bucket, &PARTS, parts).await?);
    mismatches.extend(compare(transaction, id, bucket, &CONFLICTS, conflicts).await?);
    Ok(mismatches)
}

async fn compare<R>(
    transaction: &Transaction<'_>,
    id: GenerationId,
    bucket: Bucket,
    table: &Table<R>,
    mut expected: HashMap<String, R>,
) -> Result<Vec<Mismatch>, ProjectError> {
    let mut mismatches = Vec::new();
    each(transaction, id, bucket, table, |row| {
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
