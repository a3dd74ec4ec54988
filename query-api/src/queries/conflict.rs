//! Conflicts: what statuses claim of their payload, and what lost.

use schema::{Attribute, Claim, Conflict, RequestId, Unreadable, column};
use tokio_postgres::Row;

use super::Snapshot;
use crate::error::QueryError;

/// Those of these payloads, so many of each, by attribute, the latest claim first.
pub(crate) async fn of_payloads(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    most: i64,
) -> Result<Vec<Conflict>, QueryError> {
    let sql = "-- conflict::of_payloads
        select conflicts.* from unnest($1::text[]) as asked(id)
        cross join lateral (
            select request_id, attribute, value, date, stream_id, record_offset from conflicts
            where request_id = asked.id
                and ($2::text is null or exists (
                    select from payloads where payloads.request_id = conflicts.request_id and org_id = $2))
            order by attribute, date desc, stream_id desc, record_offset desc limit $3
        ) as conflicts
        order by request_id, attribute, date desc, stream_id desc, record_offset desc";
    let rows = snapshot.query(sql, &[&request_ids, snapshot.org_id(), &most]).await?;
    Ok(rows.iter().map(from_row).collect::<Result<_, _>>()?)
}

fn from_row(row: &Row) -> Result<Conflict, Unreadable> {
    let name: String = column(row, "attribute")?;
    let attribute = Attribute::ALL.into_iter().find(|attribute| attribute.as_str() == name);
    let claim = Claim {
        date: column(row, "date")?,
        stream: column(row, "stream_id")?,
        offset: column(row, "record_offset")?,
    };
    Ok(Conflict {
        request_id: column(row, "request_id")?,
        attribute: attribute.ok_or(Unreadable("attribute"))?,
        value: column(row, "value")?,
        claim,
    })
}
