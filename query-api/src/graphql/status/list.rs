//! The list of statuses.

use async_graphql::connection::Connection;
use async_graphql::{Context, Result};
use futures_util::FutureExt as _;
use projection::Point;

use super::{ShownWith, Status, StatusFilter, StatusSort};
use crate::graphql::as_of::bound;
use crate::graphql::cursor::Cursor;
use crate::graphql::error::{no_index, shown};
use crate::graphql::page::{Asked, connection};
use crate::graphql::reading::Reading;
use crate::graphql::total::Total;
use crate::queries::status::{Filter, Messages, SHOWN_CHARACTERS, Sort, slice};
use crate::queries::{Appended, Direction};

/// A page of it.
pub(in crate::graphql) type List = Connection<Cursor, Status, Total>;

/// The page that is asked for.
pub(in crate::graphql) async fn list(
    context: &Context<'_>,
    filter: Filter,
    order: (StatusSort, Direction),
    asked: Asked,
) -> Result<List> {
    page(context, filter, order, asked, Status::cut).await
}

/// The same of the statuses that there had been, and of their payloads as they were.
pub(in crate::graphql) async fn list_as_of(
    context: &Context<'_>,
    (filter, point): (StatusFilter, Point),
    order: (StatusSort, Direction),
    asked: Asked,
) -> Result<List> {
    let filter = filter.into_past().map_err(shown)?;
    let bound = bound(context, &point).await.map_err(shown)?;
    let filter = filter.until(Appended::from(&bound));
    page(context, filter, order, asked, |status| Status::cut(status).with(ShownWith::Then(point.clone())))
        .await
}

async fn page(
    context: &Context<'_>,
    filter: Filter,
    (by, direction): (StatusSort, Direction),
    asked: Asked,
    node: impl Fn(schema::Status) -> Status,
) -> Result<List> {
    let (name, sort) = (format!("statuses by {by:?}"), Sort::from(by));
    let stretch = asked.slice(context, &name, sort.is_by_time()).map_err(shown)?;
    let (total, asked, messages) =
        (Total::Statuses(filter.clone()), stretch.clone(), Messages::First(SHOWN_CHARACTERS));
    let sliced = Reading::of(context)
        .ask(move |snapshot| {
            async move { slice(snapshot, &filter, (sort, direction), &asked, messages).await }.boxed()
        })
        .await
        .map_err(shown)?
        .ok_or_else(|| no_index("statuses"))?;
    Ok(connection(&name, &stretch, sliced, total, node))
}
