//! Points of the log: when they were, and whether the log reaches back to them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use projection::{Bound, Point, PointError};
use schema::{Position, StreamId};
use tokio_postgres::types::ToSql;

use super::Snapshot;
use crate::error::{ApiError, QueryError};

/// Finds out when a point was. Who is shown one organisation's payloads finds the places of their statuses, and no others.
pub(crate) async fn bound(
    snapshot: &Snapshot<'_>,
    point: &Point,
) -> Result<Result<Bound, ApiError>, QueryError> {
    let bound = match point {
        Point::Time(time) => Bound { time: *time, positions: Vec::new() },
        Point::Positions(positions) => {
            let times = times(snapshot, positions).await?;
            if let Some(missing) = positions.iter().find(|position| !times.contains_key(position)) {
                return Ok(Err(refusal(snapshot, *missing).await?.into()));
            }
            let time = times.into_values().max().unwrap_or_default();
            Bound { time, positions: positions.clone() }
        }
    };
    Ok(match is_gone(snapshot, bound.time).await? {
        Some(gone) => Err(PointError::NotKept(bound.time.to_rfc3339(), gone).into()),
        None => Ok(bound),
    })
}

/// When the events at these places were appended, as far as they are there and are to be seen.
async fn times(
    snapshot: &Snapshot<'_>,
    positions: &[Position],
) -> Result<HashMap<Position, DateTime<Utc>>, QueryError> {
    let streams: Vec<_> = positions.iter().map(|position| position.stream).collect();
    let offsets: Vec<_> = positions.iter().map(|position| position.offset).collect();
    let rows = if snapshot.shows_log() {
        let sql = "-- point::times
            select of_stream, of_offset, appended_at
            from unnest($1::integer[], $2::bigint[]) as place(of_stream, of_offset)
            cross join lateral (
                select appended_at from events where stream_id = of_stream and record_offset = of_offset limit 1
            ) as event";
        snapshot.query(sql, &[&streams, &offsets]).await?
    } else {
        let sql = "-- point::times_of_statuses
            select of_stream, of_offset, appended_at
            from unnest($1::integer[], $2::bigint[]) as place(of_stream, of_offset)
            cross join lateral (
                select created_at as appended_at from statuses
                where stream_id = of_stream and record_offset = of_offset
                    and exists (select from payloads where payloads.request_id = statuses.request_id and org_id = $3)
                limit 1
            ) as status";
        snapshot.query(sql, &[&streams, &offsets, snapshot.org_id()]).await?
    };
    let place = |row: &tokio_postgres::Row| Position {
        stream: StreamId(row.get("of_stream")),
        offset: row.get("of_offset"),
    };
    Ok(rows.iter().map(|row| (place(row), row.get("appended_at"))).collect())
}

/// Why there is no event at a place.
async fn refusal(snapshot: &Snapshot<'_>, position: Position) -> Result<PointError, QueryError> {
    let Position { stream, offset } = position;
    let gone = if snapshot.shows_log() {
        let gone = "stream_id = $1 and from_offset <= $2 and to_offset > $2";
        list_gone(snapshot, gone, &[&stream, &offset]).await?
    } else {
        None
    };
    Ok(match gone {
        Some(gone) => PointError::NotKept(format!("offset {offset} of stream {}", stream.0), gone),
        None => PointError::NoSuchEvent(stream.0, offset),
    })
}

/// What retention took from a time on. Before the first retired day nothing is missing; after the last, the answer is that of the read
/// models.
async fn is_gone(snapshot: &Snapshot<'_>, time: DateTime<Utc>) -> Result<Option<String>, QueryError> {
    let day = time.date_naive();
    if snapshot.shows_log() {
        return list_gone(snapshot, "day <= $1 and $1 <= (select max(day) from retired_ranges)", &[&day])
            .await;
    }
    // Which streams there are is told of the log.
    let sql = "-- point::list_days_gone
        select 'the days ' || concat_ws(' to ', min(day), nullif(max(day), min(day))) as gone from retired_ranges
        where day <= $1 and $1 <= (select max(day) from retired_ranges)
        having count(day) > 0";
    let rows = snapshot.query(sql, &[&day]).await?;
    Ok(rows.first().map(|row| row.get("gone")))
}

/// What retention took, of the ranges that fulfil a condition.
async fn list_gone(
    snapshot: &Snapshot<'_>,
    condition: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Option<String>, QueryError> {
    let sql = format!(
        "-- point::list_gone
        select string_agg(range, ', ') as gone from (
            select format('offsets %s to %s of stream %s (%s)', min(from_offset), max(to_offset) - 1, stream_id,
                concat_ws(' to ', min(day), nullif(max(day), min(day)))) as range
            from retired_ranges where {condition} group by stream_id order by stream_id
        ) as ranges"
    );
    Ok(snapshot.query(&sql, parameters).await?[0].get("gone"))
}
