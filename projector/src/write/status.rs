//! The rows of `statuses`.

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::Transaction;
use schema::{RequestId, Status};
use tokio_postgres::types::ToSql;

use crate::ProjectError;
use crate::retired::Retired;
use crate::table::STATUSES;

/// Takes out the first statuses of retired events, and gives each, but for what no count is of. So many at most, and no more once
/// what is given of them takes so many bytes.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    retired: &Retired,
    (most, most_bytes): (i64, i64),
    mut take: impl FnMut(Status),
) -> Result<(), ProjectError> {
    let statement = transaction
        .prepare_cached(
            "-- status::delete
            with first as (
                select request_id, stream_id, record_offset,
                       octet_length(request_id) + octet_length(service) + octet_length(coalesce(source, ''))
                           + octet_length(status) as bytes
                from statuses
                where stream_id = $1 and record_offset >= $2 and record_offset < $3
                order by record_offset limit $4),
            summed as (
                select *, sum(bytes) over (order by record_offset) - bytes as bytes_before from first),
            picked as (
                select request_id, stream_id, record_offset from summed where bytes_before < $5)
            delete from statuses using picked
            where (statuses.request_id, statuses.stream_id, statuses.record_offset)
                = (picked.request_id, picked.stream_id, picked.record_offset)
            returning statuses.id, date, created_at, statuses.record_offset, statuses.stream_id, statuses.request_id,
                service, source, status, null::text as part, null::text as status_msg, null::text as account,
                null::text as org_id, null::text as inventory_id, null::text as system_id",
        )
        .await?;
    let Retired { stream, from_offset, to_offset } = retired;
    let parameters: [&(dyn ToSql + Sync); 5] = [stream, from_offset, to_offset, &most, &most_bytes];
    let rows = transaction.query_raw(&statement, parameters).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        let read = Status::from_row(&row);
        take(read.map_err(|column| ProjectError::unreadable(STATUSES.name, &row, column))?);
    }
    Ok(())
}

/// Of requests that have none in a range of retired events: those that have statuses elsewhere, and those that have none at all.
pub(crate) async fn divide(
    transaction: &Transaction<'_>,
    retired: &Retired,
    request_ids: &[&RequestId],
) -> Result<(Vec<RequestId>, Vec<RequestId>), ProjectError> {
    // Limits have each looked up by itself: a request may have millions.
    let statement = transaction
        .prepare_cached(
            "-- status::divide
            select request_id, kept.is_kept is not null as is_kept
            from unnest($1::text[]) as asked(request_id)
            left join lateral (
                select true as is_pending from statuses
                where statuses.request_id = asked.request_id
                    and stream_id = $2 and record_offset >= $3 and record_offset < $4
                limit 1
            ) as pending on true
            left join lateral (
                select true as is_kept from statuses where statuses.request_id = asked.request_id limit 1
            ) as kept on true
            where is_pending is null",
        )
        .await?;
    let Retired { stream, from_offset, to_offset } = retired;
    let rows = transaction.query(&statement, &[&request_ids, stream, from_offset, to_offset]).await?;
    let (kept, gone): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.get("is_kept"));
    let ids = |rows: Vec<&tokio_postgres::Row>| rows.iter().map(|row| row.get("request_id")).collect();
    Ok((ids(kept), ids(gone)))
}
