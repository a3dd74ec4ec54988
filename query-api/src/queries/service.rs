//! Services: what each did for a payload.

mod seen;

use schema::{RequestId, Service};

pub(crate) use self::seen::{SeenSlice, ServiceName, ServiceSeen, seen};
use super::Snapshot;
use crate::error::QueryError;

/// Those that these payloads passed, so many of each, in the order in which they began.
pub(crate) async fn of_payloads(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    most: i64,
) -> Result<Vec<Service>, QueryError> {
    let sql = "-- service::of_payloads
        select services.* from unnest($1::text[]) as asked(id)
        cross join lateral (
            select * from services
            where request_id = asked.id
                and ($2::text is null or exists (
                    select from payloads where payloads.request_id = services.request_id and org_id = $2))
            order by first_date, service, source nulls first limit $3
        ) as services
        order by request_id, first_date, service, source nulls first";
    let rows = snapshot.query(sql, &[&request_ids, snapshot.org_id(), &most]).await?;
    Ok(rows.iter().map(Service::from_row).collect::<Result<_, _>>()?)
}
