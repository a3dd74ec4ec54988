//! Timelines of many payloads at once.

use chrono::{DateTime, Utc};
use schema::{RequestId, Status};

use super::{COLUMNS, Messages};
use crate::error::QueryError;
use crate::queries::Snapshot;

/// So many of each payload's statuses, the earliest first, after one of this date and id.
pub(crate) async fn timelines(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    after: Option<(DateTime<Utc>, i64)>,
    most: i64,
    messages: Messages,
) -> Result<Vec<Status>, QueryError> {
    let (date, id) = after.unzip();
    let message = messages.sql();
    let sql = format!(
        "-- status::timelines
        select {COLUMNS}, {message}
        from unnest($1::text[]) as asked(of_request_id)
        cross join lateral (
            select * from statuses
            where statuses.request_id = of_request_id
                and ($2::timestamptz is null or (date, id) > ($2, $3::bigint))
                and ($5::text is null or exists (
                    select from payloads where payloads.request_id = of_request_id and org_id = $5))
            order by date, id limit $4
        ) as statuses
        order by statuses.request_id, statuses.date, statuses.id"
    );
    let rows = snapshot.query(&sql, &[&request_ids, &date, &id, &most, snapshot.org_id()]).await?;
    Ok(rows.iter().map(Status::from_row).collect::<Result<_, _>>()?)
}
