//! Points of the log: when they were, and whether the log reaches back to them.

use chrono::{DateTime, Utc};
use projection::{Bound, Point, PointError};
use runtime::database::Transaction;
use schema::Position;
use tokio_postgres::types::ToSql;

use crate::ProjectError;

/// Finds out when a point was.
///
/// # Errors
/// When there is no such event, and when the log doesn't reach back to it any more: what is kept can't tell how it was.
pub(crate) async fn bound(transaction: &Transaction<'_>, point: &Point) -> Result<Bound, ProjectError> {
    let bound = match point {
        Point::Time(time) => Bound { time: *time, positions: Vec::new() },
        Point::Positions(positions) => {
            let mut time = DateTime::<Utc>::MIN_UTC;
            for position in positions {
                time = time.max(find(transaction, *position).await?);
            }
            Bound { time, positions: positions.clone() }
        }
    };
    let day = bound.time.date_naive();
    // Before the first retired day nothing is missing; after the last, the answer is that of the read models.
    let gone = "day <= $1 and $1 <= (select max(day) from retired_ranges)";
    match list_gone(transaction, gone, &[&day]).await? {
        Some(gone) => Err(PointError::NotKept(bound.time.to_rfc3339(), gone).into()),
        None => Ok(bound),
    }
}

/// When an event was appended.
async fn find(transaction: &Transaction<'_>, position: Position) -> Result<DateTime<Utc>, ProjectError> {
    let Position { stream, offset } = position;
    let sql = "-- point::find\nselect appended_at from events where stream_id = $1 and record_offset = $2";
    if let Some(row) = transaction.query_opt(sql, &[&stream, &offset]).await? {
        return Ok(row.get("appended_at"));
    }
    let gone = "stream_id = $1 and from_offset <= $2 and to_offset > $2";
    let error = match list_gone(transaction, gone, &[&stream, &offset]).await? {
        Some(gone) => PointError::NotKept(format!("offset {offset} of stream {}", stream.0), gone),
        None => PointError::NoSuchEvent(stream.0, offset),
    };
    Err(error.into())
}

/// What retention took, of the ranges that fulfil a condition.
async fn list_gone(
    transaction: &Transaction<'_>,
    condition: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Option<String>, ProjectError> {
    let sql = format!(
        "-- point::list_gone
        select string_agg(range, ', ') as gone from (
            select format('offsets %s to %s of stream %s (%s)', min(from_offset), max(to_offset) - 1, stream_id,
                concat_ws(' to ', min(day), nullif(max(day), min(day)))) as range
            from retired_ranges where {condition} group by stream_id order by stream_id
        ) as ranges"
    );
    Ok(transaction.query_one(&sql, parameters).await?.get("gone"))
}
