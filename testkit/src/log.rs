//! An event log filled without a broker, for tests of what reads it.

use anyhow::Result;
use schema::StreamId;
use tokio_postgres::GenericClient;

/// Begins a stream at offset 0.
///
/// # Errors
/// When the database refuses.
pub async fn create_stream(client: &impl GenericClient, topic: &str, partition: i32) -> Result<StreamId> {
    let row = client
        .query_one(
            "-- log::create_stream
            with begun as (
                insert into streams (topic, partition, lineage, first_offset, next_offset, chain_offset)
                values ($1, $2, 0, 0, 0, 0)
                returning id, head),
            sealed as (insert into seals (stream_id, next_offset, event_count, head) select id, 0, 0, head from begun)
            select id from begun",
            &[&topic, &partition],
        )
        .await?;
    Ok(row.get("id"))
}

/// Appends values to a stream, as ingestion would; `None` is a tombstone.
///
/// # Errors
/// When the database refuses.
pub async fn append_events(
    client: &impl GenericClient,
    stream: StreamId,
    values: &[Option<Vec<u8>>],
) -> Result<()> {
    client
        .execute(
            "-- log::append_events
            with stream as (
                update streams set next_offset = next_offset + cardinality($2::bytea[]) where id = $1
                returning next_offset - cardinality($2::bytea[]) as first_offset
            )
            insert into events (stream_id, record_offset, value)
            select $1, first_offset + number - 1, value
            from stream, unnest($2::bytea[]) with ordinality as record(value, number)",
            &[&stream, &values],
        )
        .await?;
    Ok(())
}
