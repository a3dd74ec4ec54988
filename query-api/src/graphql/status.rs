//! Statuses.

mod filter;
mod list;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use projection::Point;

pub(super) use self::filter::{StatusFilter, StatusSort};
pub(super) use self::list::{List, list, list_as_of};
use super::batch::{PayloadOf, batches};
use super::error::{or_null, shown};
use super::event::Event;
use super::id::GlobalId;
use super::message;
use super::past::Past;
use super::payload::Payload;
use super::scalar::{Long, Time};
use crate::queries::event::Place;
use crate::queries::status::SHOWN_CHARACTERS;

/// What one message said.
pub(super) struct Status {
    status: schema::Status,
    is_whole: bool,
    shown_with: ShownWith,
}

/// Which payload it is shown with.
#[derive(Clone)]
pub(super) enum ShownWith {
    /// As it is now.
    Now,
    /// As it was.
    Then(Point),
    /// The one that it was asked of.
    Past(Arc<Past>),
}

impl Status {
    /// With the start of its message.
    pub(super) fn cut(status: schema::Status) -> Self {
        let length = status.status_msg.as_ref().map_or(0, |message| message.chars().count());
        Self { status, is_whole: length < SHOWN_CHARACTERS.into(), shown_with: ShownWith::Now }
    }

    /// The same, with another payload.
    pub(super) fn with(self, shown_with: ShownWith) -> Self {
        Self { shown_with, ..self }
    }

    fn global_id(&self) -> GlobalId {
        GlobalId::Status(self.status.request_id.clone(), self.status.position)
    }
}

/// What one message said.
#[Object]
impl Status {
    /// Names it among everything that has an id.
    pub(super) async fn id(&self) -> ID {
        self.global_id().id()
    }

    /// Its id in REST.
    async fn number(&self) -> Long {
        Long(self.status.id)
    }

    /// The payload it belongs to.
    async fn request_id(&self) -> &str {
        self.status.request_id.as_str()
    }

    /// The payload it belongs to: as it is now, or as it was where `asOf` is asked for.
    async fn payload(&self, context: &Context<'_>) -> Option<Payload> {
        let request_id = self.status.request_id.clone();
        let found = match &self.shown_with {
            ShownWith::Now => {
                batches(context).load_one(PayloadOf(request_id)).await.map(|found| found.map(Payload::now))
            }
            ShownWith::Then(point) => Past::of(context, request_id, point.clone()).await,
            ShownWith::Past(past) => Ok(past.payload()),
        };
        or_null(context, found.map_err(shown)).flatten()
    }

    /// The raw message that it was decoded from. Only for who may see everything.
    async fn event(&self, context: &Context<'_>) -> Option<Event> {
        let Self { status, .. } = self;
        let place = Place { appended_at: status.created_at, position: status.position };
        or_null(context, Event::at(context, place).await.map_err(shown)).flatten()
    }

    /// The slice and host of the upload it is about, where the message names them.
    async fn part(&self) -> Option<&str> {
        self.status.part.as_deref()
    }

    /// Who says so.
    async fn service(&self) -> &str {
        &self.status.service
    }

    /// For which of its sources.
    async fn source(&self) -> Option<&str> {
        self.status.source.as_deref()
    }

    /// What happened.
    async fn status(&self) -> &str {
        &self.status.status
    }

    /// Why: the first 4,096 characters.
    async fn status_msg(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "All of it.", default)] full: bool,
    ) -> Option<String> {
        if self.is_whole || !full {
            let start = |message: &String| message.chars().take(SHOWN_CHARACTERS.into()).collect();
            return self.status.status_msg.as_ref().map(start);
        }
        let Self { status, .. } = self;
        let message = message::whole(context, &status.request_id, status.position).await;
        or_null(context, message.map_err(shown)).flatten()
    }

    /// When it happened, as the service says.
    async fn date(&self) -> Time {
        Time(self.status.date)
    }

    /// When it was recorded.
    async fn created_at(&self) -> Time {
        Time(self.status.created_at)
    }

    /// The account that this message claims.
    async fn account(&self) -> Option<&str> {
        self.status.account.as_deref()
    }

    /// The organisation that this message claims.
    async fn org_id(&self) -> Option<&str> {
        self.status.org_id.as_deref()
    }

    /// The inventory id that this message claims.
    async fn inventory_id(&self) -> Option<&str> {
        self.status.inventory_id.as_deref()
    }

    /// The system id that this message claims.
    async fn system_id(&self) -> Option<&str> {
        self.status.system_id.as_deref()
    }
}
