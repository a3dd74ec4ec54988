//! Points of the log: as it was then.

use std::collections::HashSet;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use schema::{Position, StreamId};
use thiserror::Error;

/// A point of the log: a time, or a place in some of its streams.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// That nothing can be told of a point.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PointError {
    /// There is none.
    #[error("there is no event at offset {1} of stream {0}")]
    NoSuchEvent(i32, i64),
    /// Retention took it.
    #[error(
        "the log doesn't reach back to {0} any more: retention took {1}; `payload-tracker replay` loads the archives of it"
    )]
    NotKept(String, String),
}

/// A point with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What had been appended by then, of streams that have no position.
    pub time: DateTime<Utc>,
    /// The last events, each of another stream.
    pub positions: Vec<Position>,
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
        Self::of_positions(text.split(',').map(position).collect::<Result<_, _>>()?)
    }
}

impl Point {
    /// Places in streams, at least one.
    ///
    /// # Errors
    /// When there is none, and when a stream has more than one.
    pub fn of_positions(positions: Vec<Position>) -> Result<Self, ParsePointError> {
        let mut streams = HashSet::new();
        match positions.iter().find(|position| !streams.insert(position.stream)) {
            _ if positions.is_empty() => Err(ParsePointError::Form),
            Some(Position { stream, .. }) => Err(ParsePointError::Twice(stream.0)),
            None => Ok(Self::Positions(positions)),
        }
    }
}

impl Bound {
    /// Whether an event had been appended.
    pub fn covers(&self, place: Position, appended_at: DateTime<Utc>) -> bool {
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
