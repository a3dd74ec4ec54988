//! The rows of `statuses`.

use std::collections::HashSet;

use futures_util::pin_mut;
use runtime::database::Transaction;
use schema::{RequestId, Status};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use crate::ProjectError;
use crate::horizon::Retired;

const TYPES: [Type; 15] = [
    Type::INT8,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::INT8,
    Type::INT4,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
];

/// Adds statuses to the timeline.
pub(super) async fn copy(transaction: &Transaction<'_>, statuses: &[Status]) -> Result<(), ProjectError> {
    if statuses.is_empty() {
        return Ok(());
    }
    let sink = transaction
        .copy_in(
            "-- status::copy
            copy statuses (id, date, created_at, record_offset, stream_id, request_id, part, service, source, status,
                           status_msg, account, org_id, inventory_id, system_id)
            from stdin (format binary)",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &TYPES);
    pin_mut!(writer);
    for status in statuses {
        writer
            .as_mut()
            .write(&[
                &status.id,
                &status.date,
                &status.created_at,
                &status.position.offset,
                &status.position.stream,
                &status.request_id,
                &status.part,
                &status.service,
                &status.source,
                &status.status,
                &status.status_msg,
                &status.account,
                &status.org_id,
                &status.inventory_id,
                &status.system_id,
            ])
            .await?;
    }
    writer.finish().await?;
    Ok(())
}

/// All statuses of these requests.
pub(crate) async fn list(
    transaction: &Transaction<'_>,
    request_ids: &HashSet<RequestId>,
) -> Result<Vec<Status>, ProjectError> {
    let request_ids: Vec<&RequestId> = request_ids.iter().collect();
    let statement = transaction
        .prepare_cached(
            "-- status::list
            select id, date, created_at, record_offset, stream_id, request_id, part, service, source, status, status_msg,
                   account, org_id, inventory_id, system_id
            from statuses
            where request_id = any($1)",
        )
        .await?;
    let rows = transaction.query(&statement, &[&request_ids]).await?;
    Ok(rows.iter().map(Status::from_row).collect())
}

/// Takes out some of the statuses of retired events, and gives the requests that they were of.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    retired: &Retired,
    most: i64,
) -> Result<HashSet<RequestId>, ProjectError> {
    let statement = transaction
        .prepare_cached(
            "-- status::delete
            with picked as (
                select request_id, stream_id, record_offset from statuses
                where stream_id = $1 and record_offset >= $2 and record_offset < $3
                order by record_offset limit $4)
            delete from statuses using picked
            where (statuses.request_id, statuses.stream_id, statuses.record_offset)
                = (picked.request_id, picked.stream_id, picked.record_offset)
            returning statuses.request_id",
        )
        .await?;
    let Retired { stream, from_offset, to_offset } = retired;
    let rows = transaction.query(&statement, &[stream, from_offset, to_offset, &most]).await?;
    Ok(rows.iter().map(|row| row.get("request_id")).collect())
}
