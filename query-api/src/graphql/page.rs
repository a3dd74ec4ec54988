//! Pages of connections: so many items after one, or before one.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, OutputType};

use super::cursor::Cursor;
use super::total::Total;
use super::{LongestPage, PAGE};
use crate::error::ApiError;
use crate::queries::slice::{Slice, Sliced};

/// What is asked for.
pub(super) struct Asked {
    pub(super) after: Option<Cursor>,
    pub(super) before: Option<Cursor>,
    pub(super) first: Option<i32>,
    pub(super) last: Option<i32>,
}

impl Asked {
    /// The stretch that it is of a list, which goes by a time or by a text. Cursors of another order mark something else, so the name
    /// of a list says which it has.
    pub(super) fn slice(
        self,
        context: &Context<'_>,
        list: &str,
        is_by_time: bool,
    ) -> Result<Slice, ApiError> {
        let Self { after, before, first, last } = self;
        if first.is_some() && last.is_some() {
            return Err(ApiError::BadRequest("one of first and last is given".to_owned()));
        }
        let mark = |cursor: Option<Cursor>| cursor.map(|cursor| cursor.mark(list, is_by_time)).transpose();
        Ok(Slice {
            after: mark(after)?,
            before: mark(before)?,
            most: length(context, first.or(last))?,
            is_from_end: last.is_some(),
        })
    }
}

/// The page, as it was found.
pub(super) fn connection<T, N: OutputType>(
    list: &str,
    asked: &Slice,
    Sliced { items, has_more }: Sliced<T>,
    total: Total,
    node: impl Fn(T) -> N,
) -> Connection<Cursor, N, Total> {
    let (is_after, is_before) = (asked.after.is_some(), asked.before.is_some());
    let (has_previous, has_next) =
        if asked.is_from_end { (has_more, is_before) } else { (is_after, has_more) };
    let mut page = Connection::with_additional_fields(has_previous, has_next, total);
    page.edges =
        items.into_iter().map(|(mark, item)| Edge::new(Cursor::new(list, mark), node(item))).collect();
    page
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
