//! The rows of `quarantine`.

use futures_util::pin_mut;
use runtime::database::Transaction;
use schema::Quarantined;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use crate::ProjectError;
use crate::horizon::Retired;

const TYPES: [Type; 8] =
    [Type::INT4, Type::INT8, Type::INT8, Type::TEXT, Type::TEXT, Type::TEXT, Type::TEXT, Type::TIMESTAMPTZ];

/// Adds what could not be decoded.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    quarantined: &[Quarantined],
) -> Result<(), ProjectError> {
    if quarantined.is_empty() {
        return Ok(());
    }
    let sink = transaction
        .copy_in(
            "-- quarantine::copy
            copy quarantine (stream_id, record_offset, id, reason, detail, request_id, service, created_at)
            from stdin (format binary)",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &TYPES);
    pin_mut!(writer);
    for quarantined in quarantined {
        writer
            .as_mut()
            .write(&[
                &quarantined.position.stream,
                &quarantined.position.offset,
                &quarantined.id,
                &quarantined.reason.as_str(),
                &quarantined.detail,
                &quarantined.request_id,
                &quarantined.service,
                &quarantined.created_at,
            ])
            .await?;
    }
    writer.finish().await?;
    Ok(())
}

/// Takes out what was quarantined of retired events.
pub(crate) async fn delete(transaction: &Transaction<'_>, retired: &Retired) -> Result<(), ProjectError> {
    let Retired { stream, from_offset, to_offset } = retired;
    transaction
        .execute(
            "-- quarantine::delete
            delete from quarantine where stream_id = $1 and record_offset >= $2 and record_offset < $3",
            &[stream, from_offset, to_offset],
        )
        .await?;
    Ok(())
}
