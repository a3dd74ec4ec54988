//! Whether the read models hold a day, for what is retired unread was never seen by anybody.

use runtime::database::Object;

use super::{EventDay, RetainError};

/// # Errors
/// [`RetainError::NotFolded`] when the generation that readers see hasn't come to the end of the day.
pub(super) async fn check(client: &Object, day: &EventDay) -> Result<(), RetainError> {
    let sql = format!(
        "-- folded::check
        select coalesce(sum(last_offset + 1 - greatest(freshness.next_offset, first_offset)), 0)::bigint as missing
        from (
            select stream_id, min(record_offset) as first_offset, max(record_offset) as last_offset
            from {} group by stream_id
        ) as span
        left join active_generation on true
        left join freshness
            on freshness.stream_id = span.stream_id and freshness.generation_id = active_generation.generation_id
        where last_offset >= coalesce(freshness.next_offset, first_offset)",
        day.table()
    );
    let missing: i64 = client.query_one(&sql, &[]).await?.get("missing");
    if missing > 0 { Err(RetainError::NotFolded { missing }) } else { Ok(()) }
}
