//! The rows of `status_kinds`, `status_counts`, `payload_counts` and `service_counts`.

mod service;

use runtime::database::Transaction;
use tokio_postgres::types::ToSql;

use crate::ProjectError;
use crate::count::Counts;
use crate::shard::Shard;

pub(crate) use self::service::{Moved, follow};

/// Adds the changes to what is stored. A count that comes to nothing goes, as if it had never been.
pub(crate) async fn add(
    transaction: &Transaction<'_>,
    shard: Shard,
    counts: &Counts,
) -> Result<(), ProjectError> {
    let kinds: Vec<_> = counts.kinds().collect();
    let mut has_less = kinds.iter().any(|(.., change)| *change < 0);
    run(
        transaction,
        kinds.len(),
        "-- count::add_kinds
        insert into status_kinds as known (kind_id, service_id, shard, service, source, status, count)
        select kind_id, service_id, $1, service, source, status, change
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[])
            as added(kind_id, service_id, service, source, status, change)
        on conflict (kind_id, shard) do update set count = known.count + excluded.count",
        &[
            &shard.0,
            &kinds.iter().map(|(id, ..)| *id).collect::<Vec<_>>(),
            &kinds.iter().map(|(_, kind, _)| kind.service_id()).collect::<Vec<_>>(),
            &kinds.iter().map(|(_, kind, _)| kind.service.as_str()).collect::<Vec<_>>(),
            &kinds.iter().map(|(_, kind, _)| kind.source.as_deref()).collect::<Vec<_>>(),
            &kinds.iter().map(|(_, kind, _)| kind.status.as_str()).collect::<Vec<_>>(),
            &kinds.iter().map(|(.., change)| *change).collect::<Vec<_>>(),
        ],
    )
    .await?;
    let statuses: Vec<_> = counts.statuses().into_iter().collect();
    has_less |= statuses.iter().any(|(_, change)| *change < 0);
    run(
        transaction,
        statuses.len(),
        "-- count::add_statuses
        insert into status_counts as known (shard, clock, width, bucket, kind_id, count)
        select $1, added.* from unnest($2::\"char\"[], $3::int[], $4::timestamptz[], $5::uuid[], $6::bigint[]) as added
        on conflict (clock, width, bucket, kind_id, shard) do update set count = known.count + excluded.count",
        &[
            &shard.0,
            &statuses.iter().map(|((clock, ..), _)| clock.code()).collect::<Vec<_>>(),
            &statuses.iter().map(|((_, bucket, _), _)| bucket.width).collect::<Vec<_>>(),
            &statuses.iter().map(|((_, bucket, _), _)| bucket.start).collect::<Vec<_>>(),
            &statuses.iter().map(|((.., kind), _)| *kind).collect::<Vec<_>>(),
            &statuses.iter().map(|(_, change)| *change).collect::<Vec<_>>(),
        ],
    )
    .await?;
    let payloads: Vec<_> = counts.payloads().into_iter().collect();
    let widths: Vec<i32> = payloads.iter().map(|((bucket, _), _)| bucket.width).collect();
    let starts: Vec<_> = payloads.iter().map(|((bucket, _), _)| bucket.start).collect();
    let outcomes: Vec<&str> = payloads.iter().map(|((_, outcome), _)| outcome.as_str()).collect();
    run(
        transaction,
        payloads.len(),
        "-- count::add_payloads
        insert into payload_counts as known (shard, width, bucket, outcome, count)
        select $1, added.* from unnest($2::int[], $3::timestamptz[], $4::text[], $5::bigint[]) as added
        on conflict (width, bucket, outcome, shard) do update set count = known.count + excluded.count",
        &[
            &shard.0,
            &widths,
            &starts,
            &outcomes,
            &payloads.iter().map(|(_, change)| *change).collect::<Vec<_>>(),
        ],
    )
    .await?;
    if payloads.iter().any(|(_, change)| *change < 0) {
        run(
            transaction,
            payloads.len(),
            "-- count::drop_payloads
            delete from payload_counts as known
            using unnest($2::int[], $3::timestamptz[], $4::text[]) as changed(width, bucket, outcome)
            where known.count = 0 and known.shard = $1
                and (known.width, known.bucket, known.outcome) = (changed.width, changed.bucket, changed.outcome)",
            &[&shard.0, &widths, &starts, &outcomes],
        )
        .await?;
    }
    service::add(transaction, shard, counts).await?;
    if has_less {
        // Only where retention takes statuses away.
        run(
            transaction,
            kinds.len(),
            "-- count::drop_kinds
            delete from status_kinds where count = 0 and shard = $1 and kind_id = any($2)",
            &[&shard.0, &kinds.iter().map(|(id, ..)| *id).collect::<Vec<_>>()],
        )
        .await?;
        run(
            transaction,
            statuses.len(),
            "-- count::drop_statuses
            delete from status_counts as known
            using unnest($2::\"char\"[], $3::int[], $4::timestamptz[], $5::uuid[])
                as changed(clock, width, bucket, kind_id)
            where known.count = 0 and known.shard = $1
                and (known.clock, known.width, known.bucket, known.kind_id)
                    = (changed.clock, changed.width, changed.bucket, changed.kind_id)",
            &[
                &shard.0,
                &statuses.iter().map(|((clock, ..), _)| clock.code()).collect::<Vec<_>>(),
                &statuses.iter().map(|((_, bucket, _), _)| bucket.width).collect::<Vec<_>>(),
                &statuses.iter().map(|((_, bucket, _), _)| bucket.start).collect::<Vec<_>>(),
                &statuses.iter().map(|((.., kind), _)| *kind).collect::<Vec<_>>(),
            ],
        )
        .await?;
    }
    Ok(())
}

async fn run(
    transaction: &Transaction<'_>,
    rows: usize,
    sql: &'static str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<(), ProjectError> {
    if rows > 0 {
        let statement = transaction.prepare_cached(sql).await?;
        transaction.execute(&statement, parameters).await?;
    }
    Ok(())
}
