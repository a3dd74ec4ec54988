//! Points of the log: as it was then.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use runtime::database::Transaction;
use schema::{Position, StreamId};
use thiserror::Error;

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
#[error("neither a time as in 2026-11-25T14:30:00Z nor places as in 3:1500 or 3:1500,4:720 (stream:offset)")]
pub struct ParsePointError;

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
            let (stream, offset) = text.split_once(':').ok_or(ParsePointError)?;
            let stream = StreamId(stream.trim().parse().map_err(|_| ParsePointError)?);
            Ok(Position { stream, offset: offset.trim().parse().map_err(|_| ParsePointError)? })
        };
        text.split(',').map(position).collect::<Result<_, _>>().map(Self::Positions)
    }
}

impl Point {
    /// Finds out when it was.
    ///
    /// # Errors
    /// When there is no such event.
    pub(crate) async fn bound(&self, transaction: &Transaction<'_>) -> Result<Bound, ProjectError> {
        let positions = match self {
            Self::Time(time) => return Ok(Bound { time: *time, positions: Vec::new() }),
            Self::Positions(positions) => positions.clone(),
        };
        let mut time = DateTime::<Utc>::MIN_UTC;
        for Position { stream, offset } in &positions {
            let sql =
                "-- point::find\nselect appended_at from events where stream_id = $1 and record_offset = $2";
            let row = transaction.query_opt(sql, &[stream, offset]).await?;
            let row = row.ok_or(ProjectError::NoSuchEvent(stream.0, *offset))?;
            time = time.max(row.get("appended_at"));
        }
        Ok(Bound { time, positions })
    }
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
}
