//! The list of payloads.

use async_graphql::connection::Connection;
use async_graphql::{Context, Result};
use futures_util::FutureExt as _;
use projection::Point;
use schema::Unreadable;

use super::{Payload, PayloadFilter, PayloadSort};
use crate::error::QueryError;
use crate::graphql::as_of::bound;
use crate::graphql::cursor::Cursor;
use crate::graphql::error::{no_index, shown};
use crate::graphql::page::{Asked, connection};
use crate::graphql::past::Past;
use crate::graphql::reading::Reading;
use crate::graphql::total::Total;
use crate::queries::payload::{Filter, Sort, past, slice};
use crate::queries::slice::Sliced;
use crate::queries::{Appended, Direction};

/// A page of it.
pub(in crate::graphql) type List = Connection<Cursor, Payload, Total>;

/// The page that is asked for.
pub(in crate::graphql) async fn list(
    context: &Context<'_>,
    filter: Filter,
    (by, direction): (PayloadSort, Direction),
    asked: Asked,
) -> Result<List> {
    let (name, sort) = (name(by), Sort::from(by));
    let stretch = asked.slice(context, &name, sort.is_by_time()).map_err(shown)?;
    let (total, asked) = (Total::Payloads(filter.clone()), stretch.clone());
    let sliced = Reading::of(context)
        .ask(move |snapshot| async move { slice(snapshot, &filter, (sort, direction), &asked).await }.boxed())
        .await
        .map_err(shown)?
        .ok_or_else(|| no_index("payloads"))?;
    Ok(connection(&name, &stretch, sliced, total, Payload::now))
}

/// The same of payloads as they were.
pub(in crate::graphql) async fn list_as_of(
    context: &Context<'_>,
    (filter, point): (PayloadFilter, Point),
    (by, direction): (PayloadSort, Direction),
    asked: Asked,
) -> Result<List> {
    let filter = filter.into_past(by).map_err(shown)?;
    let name = name(by);
    let stretch = asked.slice(context, &name, false).map_err(shown)?;
    let appended = Appended::from(&bound(context, &point).await.map_err(shown)?);
    let (total, asked) = (Total::PastPayloads(filter.clone(), appended.clone()), stretch.clone());
    let Sliced { items, has_more } = Reading::of(context)
        .ask(move |at| async move { past::slice(at, (&filter, &appended), direction, &asked).await }.boxed())
        .await
        .map_err(shown)?
        .ok_or_else(|| no_index("payloads"))?;
    let request_ids: Vec<_> = items.iter().map(|(_, id)| id.clone()).collect();
    let mut then = Past::of_many(context, &request_ids, &point).await.map_err(shown)?;
    let payload = |(mark, id)| {
        // Its status is there, and not what its event says.
        let payload = then.remove(&id).ok_or(QueryError::Damaged(Unreadable("value")))?;
        Ok((mark, payload))
    };
    let items = items.into_iter().map(payload).collect::<Result<_, QueryError>>().map_err(shown)?;
    Ok(connection(&name, &stretch, Sliced { items, has_more }, total, |payload| payload))
}

/// What its cursors are of.
fn name(by: PayloadSort) -> String {
    format!("payloads by {by:?}")
}
