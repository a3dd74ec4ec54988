//! The list of events.

use async_graphql::connection::{Connection, query};
use async_graphql::{Context, InputObject, Object};
use futures_util::FutureExt as _;
use schema::{RequestId, StreamId};

use super::{EventCursor, List, edge};
use crate::error::ApiError;
use crate::graphql::error::{or_null, shown};
use crate::graphql::filter::{OneOf, TimeWindow, among, text, texts};
use crate::graphql::page::length;
use crate::graphql::reading::Reading;
use crate::queries::event::{Filter, Stretch, list};

/// The log.
#[derive(Default)]
pub(in crate::graphql) struct Events;

/// Which events: all that is given must hold.
#[derive(Default, InputObject)]
pub(in crate::graphql) struct EventFilter {
    /// The stream: one incarnation of one topic partition.
    stream: Option<OneOf<i32>>,
    /// The topic, all of its name.
    topic: Option<OneOf<String>>,
    /// The partition of a topic.
    partition: Option<OneOf<i32>>,
    /// The payload that they name, in any form: those that were decoded to its statuses, and those that were quarantined.
    request_id: Option<String>,
    /// When they were appended.
    appended_at: Option<TimeWindow>,
}

#[Object]
impl Events {
    /// The log itself, record by record, in the order in which they were appended; within a stream that is the order of offsets. Only for
    /// who may see everything. How many there are is told by no index, and so it isn't told.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which events.", default)] filter: EventFilter,
        #[graphql(desc = "So many from the beginning: 10 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Option<List> {
        let page = query(after, before, first, last, |after, before, _, _| async move {
            let filter = filter.into_query().map_err(shown)?;
            page(context, filter, (after, before), (first, last)).await.map_err(shown)
        });
        or_null(context, page.await)
    }
}

/// The page that is asked for.
async fn page(
    context: &Context<'_>,
    filter: Filter,
    (after, before): (Option<EventCursor>, Option<EventCursor>),
    (first, last): (Option<i32>, Option<i32>),
) -> Result<List, ApiError> {
    if first.is_some() && last.is_some() {
        return Err(ApiError::BadRequest("one of first and last is given".to_owned()));
    }
    let place = |cursor: Option<EventCursor>| cursor.map(|EventCursor(place)| place);
    let stretch = Stretch {
        after: place(after),
        before: place(before),
        most: length(context, first.or(last))?,
        is_from_end: last.is_some(),
    };
    let listed = Reading::of(context)
        .ask(move |snapshot| async move { list(snapshot, &filter, &stretch).await }.boxed());
    let (events, has_more) = listed.await??;
    let (has_previous, has_next) =
        if last.is_some() { (has_more, before.is_some()) } else { (after.is_some(), has_more) };
    let mut page = Connection::new(has_previous, has_next);
    page.edges = events.into_iter().map(|event| edge(event.into())).collect();
    Ok(page)
}

impl EventFilter {
    fn into_query(self) -> Result<Filter, ApiError> {
        Ok(Filter {
            stream: among(self.stream, |stream| Ok(StreamId(stream)))?,
            topic: texts("topic", self.topic)?,
            partition: among(self.partition, Ok)?,
            request_id: self
                .request_id
                .map(|id| text("requestId", id))
                .transpose()?
                .map(|id| RequestId::lookup(&id)),
            appended_at: self.appended_at.unwrap_or_default().into(),
        })
    }
}
