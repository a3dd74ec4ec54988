//! The rows of `statuses`.

use futures_util::pin_mut;
use runtime::database::Transaction;
use schema::Status;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use crate::ProjectError;

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
