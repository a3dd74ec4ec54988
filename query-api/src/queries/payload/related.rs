//! Payloads that are about the same system.

use schema::{Payload, RequestId, column};

use crate::error::QueryError;
use crate::queries::Snapshot;
use crate::queries::condition::start;

/// So many of those that have the inventory id or the system id of each of these payloads, those with the highest number first,
/// which is the order of their indexes; each with whose it is.
pub(crate) async fn related(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    most: i64,
) -> Result<Vec<(RequestId, Payload)>, QueryError> {
    let same = |column: &str| {
        let (one, other) = (start(&format!("payloads.{column}")), start(&format!("asked.{column}")));
        format!(
            "(select payloads.* from payloads
            where asked.{column} is not null and {one} = {other} and payloads.{column} = asked.{column}
                and payloads.request_id <> asked.request_id and ($3::text is null or payloads.org_id = $3)
            order by payloads.id desc limit $2)"
        )
    };
    let (inventory, system) = (same("inventory_id"), same("system_id"));
    let sql = format!(
        "-- payload::related
        select asked.request_id as whose, payloads.*
        from payloads as asked
        cross join lateral (
            select * from ({inventory} union {system}) as found order by id desc limit $2
        ) as payloads
        where asked.request_id = any ($1) and ($3::text is null or asked.org_id = $3)
        order by whose, payloads.id desc"
    );
    let rows = snapshot.query(&sql, &[&request_ids, &most, snapshot.org_id()]).await?;
    let related = rows.iter().map(|row| Ok((column(row, "whose")?, Payload::from_row(row)?)));
    Ok(related.collect::<Result<_, schema::Unreadable>>()?)
}
