//! Points of the log that somebody asks for.

use async_graphql::{Context, InputObject, OneofObject};
use futures_util::FutureExt as _;
use projection::{Bound, Point};
use schema::{Position, StreamId};

use super::reading::Reading;
use super::scalar::{Long, Time};
use crate::error::ApiError;
use crate::queries::point;

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

/// When a point was.
pub(super) async fn bound(context: &Context<'_>, point: &Point) -> Result<Bound, ApiError> {
    let point = point.clone();
    Reading::of(context).ask(move |at| async move { point::bound(at, &point).await }.boxed()).await?
}

/// Refuses what a list as it was is filtered by, if time tells something else of it.
pub(super) fn unchanging(given: &[(&str, bool)]) -> Result<(), ApiError> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => {
            let message =
                format!("with asOf there is no filter by {name}, which may have been something else then");
            Err(ApiError::BadRequest(message))
        }
        None => Ok(()),
    }
}
