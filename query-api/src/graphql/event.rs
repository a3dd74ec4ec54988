//! Events: the log itself.

mod cursor;
mod list;

use std::sync::Arc;

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::DateTime;
use futures_util::FutureExt as _;
use projection::legible;
use schema::Position;

pub(super) use self::cursor::EventCursor;
pub(super) use self::list::Events;
use super::batch::{EventAt, PlacesOf, batches};
use super::error::{or_null, shown};
use super::id::GlobalId;
use super::past::Past;
use super::reading::Reading;
use super::scalar::{Long, Time};
use crate::error::ApiError;
use crate::queries::event::{self, Place, SHOWN_BYTES};

/// Events, page by page.
pub(super) type List = Connection<EventCursor, Event>;

/// One record of the log, as it was handed over, byte for byte.
pub(super) struct Event(Arc<event::Event>);

/// A header of a record.
#[derive(SimpleObject)]
pub(super) struct Header {
    /// Its name as text; U+FFFD stands for what is no UTF-8 in it.
    name: String,
    /// Its value as text; U+FFFD stands for what is no UTF-8 in it.
    value: Option<String>,
    /// Its value in hex, where it isn't UTF-8.
    value_hex: Option<String>,
}

/// One record of the log, as it was handed over, byte for byte.
#[Object]
impl Event {
    /// Names it among everything that has an id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Event(self.0.place.position).id()
    }

    /// Its number, which its status has in REST too.
    async fn number(&self) -> Long {
        Long(self.0.id)
    }

    /// The stream that it is in: one incarnation of one topic partition.
    async fn stream(&self) -> i32 {
        self.0.place.position.stream.0
    }

    /// The topic that the stream is of.
    async fn topic(&self) -> &str {
        &self.0.topic
    }

    /// The partition of the topic.
    async fn partition(&self) -> i32 {
        self.0.partition
    }

    /// Counts the incarnations of the partition, from 0.
    async fn lineage(&self) -> i32 {
        self.0.lineage
    }

    /// Its offset in the stream.
    async fn offset(&self) -> Long {
        Long(self.0.place.position.offset)
    }

    /// The record's own time, as the broker gave it.
    async fn timestamp(&self) -> Option<Time> {
        DateTime::from_timestamp_millis(self.0.timestamp_ms?).map(Time)
    }

    /// When it was appended.
    async fn appended_at(&self) -> Time {
        Time(self.0.place.appended_at)
    }

    /// Its key as text; U+FFFD stands for what is no UTF-8 in it.
    async fn key(&self) -> Option<String> {
        self.0.key.as_deref().map(|key| legible(key).0)
    }

    /// Its key in hex, where it isn't UTF-8.
    async fn key_hex(&self) -> Option<String> {
        legible(self.0.key.as_deref()?).1
    }

    /// Its headers, in their order.
    async fn headers(&self) -> Vec<Header> {
        let header = |(name, value): &(Vec<u8>, Option<Vec<u8>>)| {
            let (value, value_hex) = value.as_deref().map(legible).unzip();
            Header { name: legible(name).0, value, value_hex: value_hex.flatten() }
        };
        self.0.headers.iter().map(header).collect()
    }

    /// How many bytes its value has; null for a tombstone.
    async fn size(&self) -> Option<i32> {
        self.0.size
    }

    /// The first 4,096 bytes of its value as text; U+FFFD stands for what is no UTF-8 in it.
    async fn value(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "All of it.", default)] full: bool,
    ) -> Option<String> {
        or_null(context, self.text(context, full).await.map_err(shown)).flatten().map(|(text, _)| text)
    }

    /// The same bytes in hex, where they aren't UTF-8.
    async fn value_hex(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "All of them.", default)] full: bool,
    ) -> Option<String> {
        or_null(context, self.text(context, full).await.map_err(shown)).flatten().and_then(|(_, hex)| hex)
    }
}

impl Event {
    /// The one at a position.
    pub(super) async fn find(context: &Context<'_>, position: Position) -> Result<Option<Self>, ApiError> {
        let place = Reading::of(context)
            .ask(move |snapshot| async move { event::place(snapshot, position).await }.boxed());
        let Some(place) = place.await?? else { return Ok(None) };
        Self::at(context, place).await
    }

    /// The one at a place.
    pub(super) async fn at(context: &Context<'_>, place: Place) -> Result<Option<Self>, ApiError> {
        let found = batches(context).load_one(EventAt { place, is_whole: false }).await?;
        Ok(found.map(Self))
    }

    async fn text(
        &self,
        context: &Context<'_>,
        full: bool,
    ) -> Result<Option<(String, Option<String>)>, ApiError> {
        let size = self.0.size.and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
        if size <= SHOWN_BYTES {
            return Ok(self.0.value.as_deref().map(legible));
        }
        if !full {
            return Ok(self.0.value.as_deref().map(|start| legible(whole_characters(start))));
        }
        let place = self.0.place;
        let whole = batches(context).load_one(EventAt { place, is_whole: true }).await?;
        let text = whole.and_then(|event| event.value.as_deref().map(legible));
        let length = text.as_ref().map_or(0, |(text, hex)| text.len() + hex.as_ref().map_or(0, String::len));
        Reading::of(context).take_of_answer(length).await?;
        Ok(text)
    }
}

/// Without the character at the end that was cut off.
fn whole_characters(start: &[u8]) -> &[u8] {
    match str::from_utf8(start) {
        Err(error) if error.error_len().is_none() => &start[..error.valid_up_to()],
        _ => start,
    }
}

/// So many of the events that name a payload, after one of them: now, or as it was.
pub(super) async fn of_payload(
    context: &Context<'_>,
    (request_id, past): (schema::RequestId, Option<&Past>),
    (after, most): (Option<EventCursor>, i64),
) -> Result<List, ApiError> {
    let after = after.map(|EventCursor(place)| place);
    // One more tells whether there are more.
    let mut places = match past {
        Some(past) => past.places(after, most + 1),
        None => {
            let asked = PlacesOf(request_id, (after, most + 1));
            batches(context).load_one(asked).await?.unwrap_or_default()
        }
    };
    let has_next = places.len() > usize::try_from(most).unwrap_or(usize::MAX);
    if has_next {
        places.pop();
    }
    let asked = |place: &Place| EventAt { place: *place, is_whole: false };
    let mut events = batches(context).load_many(places.iter().map(asked)).await?;
    let mut page = Connection::new(after.is_some(), has_next);
    page.edges = places.iter().filter_map(|place| Some(edge(events.remove(&asked(place))?))).collect();
    Ok(page)
}

fn edge(event: Arc<event::Event>) -> Edge<EventCursor, Event, async_graphql::connection::EmptyFields> {
    Edge::new(EventCursor(event.place), Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_within_a_character_shows_none_of_it_and_what_is_no_text_stays() {
        assert_eq!(whole_characters("aä".as_bytes()), "aä".as_bytes());
        assert_eq!(whole_characters(&"aä".as_bytes()[..2]), b"a");
        assert_eq!(whole_characters(&[b'a', 0xff]), [b'a', 0xff]);
    }
}
