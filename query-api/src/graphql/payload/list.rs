//! The list of payloads.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Result};
use futures_util::FutureExt as _;

use super::{Payload, PayloadSort};
use crate::graphql::cursor::Cursor;
use crate::graphql::error::{no_index, shown};
use crate::graphql::page::Asked;
use crate::graphql::reading::Reading;
use crate::graphql::total::Total;
use crate::queries::payload::{Filter, slice};
use crate::queries::{Direction, slice::Sliced};

/// A page of it.
pub(in crate::graphql) type List = Connection<Cursor, Payload, Total>;

/// The page that is asked for.
pub(in crate::graphql) async fn list(
    context: &Context<'_>,
    filter: Filter,
    (sort, direction): (PayloadSort, Direction),
    asked: Asked,
) -> Result<List> {
    // Cursors of another order mark something else.
    let name = format!("payloads by {sort:?}");
    let stretch = asked.slice(context, &name).map_err(shown)?;
    let (total, asked) = (Total::Payloads(filter.clone()), stretch.clone());
    let sliced = Reading::of(context)
        .ask(move |snapshot| {
            async move { slice(snapshot, &filter, (sort.into(), direction), &asked).await }.boxed()
        })
        .await
        .map_err(shown)?;
    let Some(Sliced { items, has_more }) = sliced else { return Err(no_index("payloads")) };
    let (is_after, is_before) = (stretch.after.is_some(), stretch.before.is_some());
    let (has_previous, has_next) =
        if stretch.is_from_end { (has_more, is_before) } else { (is_after, has_more) };
    let mut page = Connection::with_additional_fields(has_previous, has_next, total);
    let edge = |(mark, payload)| Edge::new(Cursor::new(&name, mark), Payload::now(payload));
    page.edges = items.into_iter().map(edge).collect();
    Ok(page)
}
