//! Events that name requests: those that were decoded to their statuses, and those that were quarantined.

use schema::{RequestId, StreamId, column};

use super::{Filter, Place, Stretch};
use crate::error::{ApiError, QueryError};
use crate::queries::{Conditions, Direction, Snapshot};

/// Where they are, by the read models.
const NAMED: &str =
    "select stream_id, record_offset, created_at as appended_at from statuses where request_id =";
const UNCLEAR: &str =
    "select stream_id, record_offset, created_at as appended_at from quarantine where request_id =";

/// So many places of each of these requests, after one of them, each request's in the order in which they were appended.
pub(crate) async fn of_requests(
    snapshot: &Snapshot<'_>,
    request_ids: &[RequestId],
    after: Option<Place>,
    most: i64,
) -> Result<Result<Vec<(RequestId, Place)>, ApiError>, QueryError> {
    if !snapshot.shows_log() {
        return Ok(Err(ApiError::Forbidden));
    }
    let sql = format!(
        "-- event::of_requests
        select of_request, place.*
        from unnest($1::text[]) as asked(of_request)
        cross join lateral (
            select * from ({NAMED} of_request union all {UNCLEAR} of_request) as named
            where $2::timestamptz is null or (appended_at, stream_id, record_offset) > ($2, $3::integer, $4::bigint)
            order by appended_at, stream_id, record_offset limit $5
        ) as place
        order by of_request, appended_at, stream_id, record_offset"
    );
    let time = after.map(|place| place.appended_at);
    let (stream, offset) = after.map(|place| (place.position.stream, place.position.offset)).unzip();
    let rows = snapshot.query(&sql, &[&request_ids, &time, &stream, &offset, &most]).await?;
    let places = rows.iter().map(|row| Ok((column(row, "of_request")?, Place::from_row(row))));
    Ok(Ok(places.collect::<Result<_, schema::Unreadable>>()?))
}

/// Places of one request in some streams, one more than the stretch takes, from its beginning or from its end.
pub(super) async fn of_request(
    snapshot: &Snapshot<'_>,
    (request_id, filter): (&RequestId, &Filter),
    streams: &[StreamId],
    stretch: &Stretch,
) -> Result<Vec<Place>, QueryError> {
    let mut conditions = Conditions::default();
    let request = conditions.bind(request_id);
    let among = conditions.bind(&streams);
    conditions.hold(format!("stream_id = any ({among})"));
    conditions.within("appended_at", &filter.appended_at);
    for (place, operator) in [(&stretch.after, ">"), (&stretch.before, "<")] {
        if let Some(Place { appended_at, position }) = place {
            let (time, stream) = (conditions.bind(appended_at), conditions.bind(&position.stream));
            let offset = conditions.bind(&position.offset);
            conditions.hold(format!(
                "(appended_at, stream_id, record_offset) {operator} ({time}, {stream}, {offset})"
            ));
        }
    }
    let direction = if stretch.is_from_end { Direction::Descending } else { Direction::Ascending }.sql();
    let (filtered, most) = (conditions.sql(), stretch.most + 1);
    let sql = format!(
        "-- event::of_request
        select * from ({NAMED} {request} union all {UNCLEAR} {request}) as named {filtered}
        order by appended_at {direction}, stream_id {direction}, record_offset {direction} limit {most}"
    );
    let rows = snapshot.query(&sql, conditions.values()).await?;
    Ok(rows.iter().map(Place::from_row).collect())
}
