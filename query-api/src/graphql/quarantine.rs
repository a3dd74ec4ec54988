//! Quarantine: messages that could not be decoded, and why.

use async_graphql::connection::{Connection, query};
use async_graphql::{Context, InputObject, Object, Result};
use futures_util::FutureExt as _;
use schema::StreamId;

use super::cursor::Cursor;
use super::error::{no_index, shown};
use super::filter::{OneOf, TimeWindow, among, request_ids};
use super::order::SortDirection;
use super::page::{Asked, connection};
use super::reading::Reading;
use super::reason::QuarantineReason;
use super::scalar::{Long, Time};
use super::total::Total;
use crate::error::ApiError;
use crate::queries::quarantine::{Filter, Found, slice};

/// What cursors of this list are of.
const LIST: &str = "quarantine";

/// Messages that could not be decoded.
#[derive(Default)]
pub(super) struct Quarantine;

/// Which messages: all that is given must hold.
#[derive(Default, InputObject)]
struct QuarantineFilter {
    /// Why they could not be decoded.
    reason: Option<OneOf<QuarantineReason>>,
    /// In any form, where the message has a usable one.
    request_id: Option<OneOf<String>>,
    /// The stream that they are from.
    stream: Option<OneOf<i32>>,
    /// When they were recorded.
    created_at: Option<TimeWindow>,
}

/// A message that could not be decoded.
pub(super) struct Quarantined(Found);

/// Such messages, page by page.
pub(super) type List = Connection<Cursor, Quarantined, Total>;

#[Object]
impl Quarantine {
    /// Messages that could not be decoded, in the order in which they were recorded, the latest first unless told otherwise. Whose they
    /// are nobody knows, so they are for those who see everything: to a tenant there are none.
    #[expect(clippy::too_many_arguments, reason = "they are the field's")]
    async fn quarantine(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<QuarantineFilter>,
        #[graphql(desc = "Which end comes first.", default_with = "SortDirection::Desc")]
        sort_dir: SortDirection,
        #[graphql(desc = "So many from the beginning: 10 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List> {
        let filter = filter.unwrap_or_default().into_query().map_err(shown)?;
        query(after, before, first, last, |after, before, _, _| async move {
            let asked = Asked { after, before, first, last };
            let stretch = asked.slice(context, LIST, true).map_err(shown)?;
            let (total, asked) = (Total::Quarantine(filter.clone()), stretch.clone());
            let sliced = Reading::of(context)
                .ask(move |at| async move { slice(at, &filter, sort_dir.into(), &asked).await }.boxed())
                .await
                .map_err(shown)?
                .ok_or_else(|| no_index("messages"))?;
            Ok::<_, async_graphql::Error>(connection(LIST, &stretch, sliced, total, Quarantined))
        })
        .await
    }
}

/// A message that could not be decoded.
#[Object]
impl Quarantined {
    /// The id that its status would have had.
    async fn number(&self) -> Long {
        Long(self.0.quarantined.id)
    }

    /// Why, for machines.
    async fn reason(&self) -> QuarantineReason {
        self.0.quarantined.reason.into()
    }

    /// Why, for people.
    async fn detail(&self) -> &str {
        &self.0.quarantined.detail
    }

    /// The stream it is from: one incarnation of a partition of a topic.
    async fn stream(&self) -> i32 {
        self.0.quarantined.position.stream.0
    }

    /// Its offset there.
    async fn offset(&self) -> Long {
        Long(self.0.quarantined.position.offset)
    }

    /// The topic of the stream.
    async fn topic(&self) -> &str {
        &self.0.topic
    }

    /// The partition of the topic.
    async fn partition(&self) -> i32 {
        self.0.partition
    }

    /// The payload it would have belonged to, where the message has a usable id.
    async fn request_id(&self) -> Option<&str> {
        self.0.quarantined.request_id.as_ref().map(schema::RequestId::as_str)
    }

    /// The service that sent it, where the message says so.
    async fn service(&self) -> Option<&str> {
        self.0.quarantined.service.as_deref()
    }

    /// When it was recorded.
    async fn created_at(&self) -> Time {
        Time(self.0.quarantined.created_at)
    }
}

impl QuarantineFilter {
    fn into_query(self) -> std::result::Result<Filter, ApiError> {
        Ok(Filter {
            reason: among(self.reason, |reason| Ok(reason.into()))?,
            request_id: request_ids(self.request_id)?,
            stream: among(self.stream, |stream| Ok(StreamId(stream)))?,
            created_at: self.created_at.unwrap_or_default().into(),
        })
    }
}
