//! Points of the log that somebody asks for.

use async_graphql::{InputObject, OneofObject};
use projection::Point;
use schema::{Position, StreamId};

use super::scalar::{Long, Time};
use crate::error::ApiError;

/// A point of the log: a time, or places in some of its streams.
#[derive(OneofObject)]
pub(super) enum AsOf {
    /// What had been appended by then: whose append had begun.
    Time(Time),
    /// What stands up to and with these events, each of another stream. Of other streams, what had been appended by the time the last of
    /// them was.
    Positions(Vec<LogPosition>),
}

/// A place in the log.
#[derive(InputObject)]
pub(super) struct LogPosition {
    /// The stream.
    stream: i32,
    /// The offset in it.
    offset: Long,
}

impl AsOf {
    pub(super) fn into_point(self) -> Result<Point, ApiError> {
        match self {
            Self::Time(Time(time)) => Ok(Point::Time(time)),
            Self::Positions(positions) => {
                let position =
                    |one: LogPosition| Position { stream: StreamId(one.stream), offset: one.offset.0 };
                let point = Point::of_positions(positions.into_iter().map(position).collect());
                point.map_err(|error| ApiError::BadRequest(error.to_string()))
            }
        }
    }
}
