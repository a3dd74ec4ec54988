//! The rows of `payloads`.

use runtime::database::Transaction;
use schema::{Claims, Payload, RequestId};
use tokio_postgres::types::Json;

use crate::ProjectError;

/// Those of the payloads that are known.
pub(super) async fn list(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<Vec<Payload>, ProjectError> {
    let statement = transaction
        .prepare_cached(
            "-- payload::list
            select request_id, id, account, org_id, inventory_id, system_id, claims, created_at, last_date,
                   latest_stream_id, latest_offset, latest_service, latest_source, latest_status, status_count
            from payloads
            where request_id = any($1)",
        )
        .await?;
    let rows = transaction.query(&statement, &[&request_ids]).await?;
    Ok(rows.iter().map(Payload::from_row).collect())
}

/// Writes payloads as they are now.
pub(crate) async fn upsert(transaction: &Transaction<'_>, payloads: &[Payload]) -> Result<(), ProjectError> {
    if payloads.is_empty() {
        return Ok(());
    }
    let statement = transaction
        .prepare_cached(
            "-- payload::upsert
            insert into payloads (
                request_id, id, account, org_id, inventory_id, system_id, claims, created_at, last_date,
                latest_stream_id, latest_offset, latest_service, latest_source, latest_status, status_count)
            select * from unnest(
                $1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                $8::timestamptz[], $9::timestamptz[], $10::int[], $11::bigint[], $12::text[], $13::text[], $14::text[],
                $15::bigint[])
            on conflict (request_id) do update set
                id = excluded.id,
                account = excluded.account,
                org_id = excluded.org_id,
                inventory_id = excluded.inventory_id,
                system_id = excluded.system_id,
                claims = excluded.claims,
                created_at = excluded.created_at,
                last_date = excluded.last_date,
                latest_stream_id = excluded.latest_stream_id,
                latest_offset = excluded.latest_offset,
                latest_service = excluded.latest_service,
                latest_source = excluded.latest_source,
                latest_status = excluded.latest_status,
                status_count = excluded.status_count",
        )
        .await?;
    transaction
        .execute(
            &statement,
            &[
                &column(payloads, |payload| &payload.request_id),
                &column(payloads, |payload| payload.id),
                &column(payloads, |payload| payload.account.as_deref()),
                &column(payloads, |payload| payload.org_id.as_deref()),
                &column(payloads, |payload| payload.inventory_id.as_deref()),
                &column(payloads, |payload| payload.system_id.as_deref()),
                &column(payloads, |payload| Json::<Claims>(payload.claims)),
                &column(payloads, |payload| payload.created_at),
                &column(payloads, |payload| payload.latest.claim.date),
                &column(payloads, |payload| payload.latest.claim.stream),
                &column(payloads, |payload| payload.latest.claim.offset),
                &column(payloads, |payload| payload.latest.service.as_str()),
                &column(payloads, |payload| payload.latest.source.as_deref()),
                &column(payloads, |payload| payload.latest.status.as_str()),
                &column(payloads, |payload| payload.status_count),
            ],
        )
        .await?;
    Ok(())
}

/// Takes payloads out.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    request_ids: &[&RequestId],
) -> Result<(), ProjectError> {
    transaction
        .execute("-- payload::delete\ndelete from payloads where request_id = any($1)", &[&request_ids])
        .await?;
    Ok(())
}

fn column<'a, T>(payloads: &'a [Payload], value: impl Fn(&'a Payload) -> T) -> Vec<T> {
    payloads.iter().map(value).collect()
}
