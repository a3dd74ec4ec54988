//! Pages of connections: so many items after one, or before one.

use async_graphql::Context;

use super::cursor::Cursor;
use super::{LongestPage, PAGE};
use crate::error::ApiError;
use crate::queries::slice::Slice;

/// What is asked for.
pub(super) struct Asked {
    pub(super) after: Option<Cursor>,
    pub(super) before: Option<Cursor>,
    pub(super) first: Option<i32>,
    pub(super) last: Option<i32>,
}

impl Asked {
    /// The stretch of a list that it is.
    pub(super) fn slice(self, context: &Context<'_>, list: &str) -> Result<Slice, ApiError> {
        let Self { after, before, first, last } = self;
        if first.is_some() && last.is_some() {
            return Err(ApiError::BadRequest("one of first and last is given".to_owned()));
        }
        let mark = |cursor: Option<Cursor>| cursor.map(|cursor| cursor.mark(list)).transpose();
        Ok(Slice {
            after: mark(after)?,
            before: mark(before)?,
            most: length(context, first.or(last))?,
            is_from_end: last.is_some(),
        })
    }
}

/// How long a page is.
pub(super) fn length(context: &Context<'_>, asked: Option<i32>) -> Result<i64, ApiError> {
    let LongestPage(most) = *context.data_unchecked();
    let asked = asked.map_or(PAGE, |asked| usize::try_from(asked).unwrap_or(usize::MAX));
    match i64::try_from(asked) {
        Ok(length) if length <= i64::from(most) => Ok(length),
        _ => Err(ApiError::BadRequest(format!("a page has from 0 to {most} items"))),
    }
}
