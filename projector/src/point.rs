//! Points of the log: as it was then.

use std::collections::HashSet;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use runtime::database::Transaction;
use schema::{Position, StreamId};
use thiserror::Error;
use tokio_postgres::types::ToSql;

use crate::ProjectError;

/// A point of the log: a time, or a place in some of its streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// What had been appended by then: whose append had begun.
    Time(DateTime<Utc>),
    /// What stands up to and with these events. Of other streams, what had been appended by the time the last of them was.
    Positions(Vec<Position>),
}

/// That a text is no point.
#[derive(Debug, Error)]
pub enum ParsePointError {
    /// It has another form.
    #[error(
        "neither a time as in 2026-11-25T14:30:00Z nor places as in 3:1500 or 3:1500,4:720 (stream:offset)"
    )]
    Form,
    /// A stream has one place at a time.
    #[error("stream {0} is given twice: one place each")]
    Twice(i32),
}

/// A point with its time.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    time: DateTime<Utc>,
    positions: Vec<Position>,
}

impl FromStr for Point {
    type Err = ParsePointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Time(time.to_utc()));
        }
        let position = |text: &str| {
            let (stream, offset) = text.split_once(':').ok_or(ParsePointError::Form)?;
            let stream = StreamId(stream.trim().parse().map_err(|_| ParsePointError::Form)?);
            Ok(Position { stream, offset: offset.trim().parse().map_err(|_| ParsePointError::Form)? })
        };
        let positions: Vec<Position> = text.split(',').map(position).collect::<Result<_, _>>()?;
        let mut streams = HashSet::new();
        match positions.iter().find(|position| !streams.insert(position.stream)) {
            Some(Position { stream, .. }) => Err(ParsePointError::Twice(stream.0)),
            None => Ok(Self::Positions(positions)),
        }
    }
}

impl Point {
    /// Finds out when it was.
    ///
    /// # Errors
    /// When there is no such event, and when the log doesn't reach back to it any more: what is kept can't tell how it was.
    pub(crate) async fn bound(&self, transaction: &Transaction<'_>) -> Result<Bound, ProjectError> {
        let bound = match self {
            Self::Time(time) => Bound { time: *time, positions: Vec::new() },
            Self::Positions(positions) => {
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
            Some(gone) => Err(ProjectError::NotKept(bound.time.to_rfc3339(), gone)),
            None => Ok(bound),
        }
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
    Err(match list_gone(transaction, gone, &[&stream, &offset]).await? {
        Some(gone) => ProjectError::NotKept(format!("offset {offset} of stream {}", stream.0), gone),
        None => ProjectError::NoSuchEvent(stream.0, offset),
    })
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

impl Bound {
    /// Whether an event had been appended.
    pub(crate) fn covers(&self, place: Position, appended_at: DateTime<Utc>) -> bool {
        let known = self.positions.iter().find(|position| position.stream == place.stream);
        known.map_or(appended_at <= self.time, |position| place.offset <= position.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_places_are_told_apart() {
        let position = |stream, offset| Position { stream: StreamId(stream), offset };
        assert_eq!("3:1500".parse::<Point>().unwrap(), Point::Positions(vec![position(3, 1_500)]));
        let two = Point::Positions(vec![position(3, 1_500), position(4, 7)]);
        assert_eq!("3:1500, 4:7".parse::<Point>().unwrap(), two);
        assert!(matches!("2026-11-25T14:30:00+01:00".parse::<Point>().unwrap(), Point::Time(_)));
        for text in ["", "3", "yesterday", "3:x", "3:1,"] {
            assert!(text.parse::<Point>().is_err(), "{text}");
        }
    }

    // Seen to fail (the first place would count) with positions taken as they come.
    #[test]
    fn a_stream_that_is_given_twice_is_refused() {
        let refused = "3:1500, 4:7, 3:1".parse::<Point>().unwrap_err();
        assert_eq!(refused.to_string(), "stream 3 is given twice: one place each");
    }
}
