//! Filters: what lists are asked for, typed by what it is compared with.

use async_graphql::{InputObject, InputType};

use super::outcome::Outcome;
use super::reason::QuarantineReason;
use super::scalar::{Duration, Time};
use crate::error::ApiError;
use crate::queries::{Among, Bounds, Durations, Window};

/// One value, or one of several: all that is given must hold.
#[derive(InputObject)]
#[graphql(
    concrete(name = "TextFilter", params(String)),
    concrete(name = "IntFilter", params(i32)),
    concrete(name = "OutcomeFilter", params(Outcome)),
    concrete(name = "QuarantineReasonFilter", params(QuarantineReason))
)]
pub(super) struct OneOf<T: InputType> {
    /// This one.
    eq: Option<T>,
    /// One of these. Of none of them there is nothing.
    #[graphql(name = "in")]
    among: Option<Vec<T>>,
}

/// A range of time: all bounds that are given must hold.
#[derive(Clone, Copy, Default, InputObject)]
pub(super) struct TimeWindow {
    /// Before.
    lt: Option<Time>,
    /// Before, or just then.
    lte: Option<Time>,
    /// After.
    gt: Option<Time>,
    /// After, or just then.
    gte: Option<Time>,
}

/// A range of durations: all bounds that are given must hold.
#[derive(Clone, Copy, Default, InputObject)]
pub(super) struct DurationRange {
    /// Shorter.
    lt: Option<Duration>,
    /// Shorter, or just as long.
    lte: Option<Duration>,
    /// Longer.
    gt: Option<Duration>,
    /// Longer, or just as long.
    gte: Option<Duration>,
}

/// What is asked for, each value read; anything at all where there is no filter.
pub(super) fn among<T: InputType, U: Ord>(
    filter: Option<OneOf<T>>,
    read: impl Fn(T) -> Result<U, ApiError>,
) -> Result<Among<U>, ApiError> {
    let Some(OneOf { eq, among }) = filter else { return Ok(Among::default()) };
    // A variable that somebody forgot isn't to ask for everything.
    if eq.is_none() && among.is_none() {
        return Err(ApiError::BadRequest("a filter has a value: {eq: …} or {in: […]}".to_owned()));
    }
    let eq = Among::from(eq.map(&read).transpose()?);
    let among =
        among.map(|values| values.into_iter().map(&read).collect::<Result<Vec<_>, _>>()).transpose()?;
    Ok(among.map_or_else(Among::default, Among::of).and(eq))
}

/// Texts, as they are.
pub(super) fn texts(name: &str, filter: Option<OneOf<String>>) -> Result<Among<String>, ApiError> {
    among(filter, |value| text(name, value))
}

/// Texts that are kept in lower case.
pub(super) fn labels(name: &str, filter: Option<OneOf<String>>) -> Result<Among<String>, ApiError> {
    among(filter, |value| Ok(text(name, value)?.trim().to_lowercase()))
}

/// Request ids in any form.
pub(super) fn request_ids(filter: Option<OneOf<String>>) -> Result<Among<schema::RequestId>, ApiError> {
    among(filter, |value| Ok(schema::RequestId::lookup(&text("requestId", value)?)))
}

/// No text of PostgreSQL holds a NUL.
pub(super) fn text(name: &str, value: String) -> Result<String, ApiError> {
    if value.contains('\0') {
        return Err(ApiError::BadRequest(format!("{name} is not valid text")));
    }
    Ok(value)
}

impl From<TimeWindow> for Window {
    fn from(window: TimeWindow) -> Self {
        let TimeWindow { lt, lte, gt, gte } = window;
        let [lt, lte, gt, gte] = [lt, lte, gt, gte].map(|bound| bound.map(|Time(time)| time));
        Bounds { lt, lte, gt, gte }.into()
    }
}

impl From<DurationRange> for Durations {
    fn from(range: DurationRange) -> Self {
        let DurationRange { lt, lte, gt, gte } = range;
        let [lt, lte, gt, gte] = [lt, lte, gt, gte].map(|bound| bound.map(|Duration(duration)| duration));
        Bounds { lt, lte, gt, gte }.into()
    }
}
