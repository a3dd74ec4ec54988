//! Live: what happens, as it becomes visible.

mod batch;
pub(super) mod cursor;
mod filter;
mod follower;
mod hub;
mod item;
mod listener;
mod ring;
mod watch;

use async_graphql::{Context, Result, Subscription};
use futures_util::stream::BoxStream;
use schema::RequestId;

use self::filter::LiveFilter;
use self::follower::Follower;
pub(crate) use self::hub::Hub;
use self::item::{FailureNews, StatusNews};
use self::listener::Listener;
pub(super) use self::listener::Slow;
use super::error::shown;
use super::payload::Payload;
use super::reading::Reading;
use crate::error::ApiError;

/// What can be listened to.
#[derive(Default)]
pub(super) struct Live;

/// What can be listened to, over WebSocket (`graphql-transport-ws`). A subscription asks for one field.
#[Subscription(name = "Subscription")]
impl Live {
    /// The payload now, and again after each change, until it is no longer in progress. It is null for as long as there is none to be
    /// seen.
    async fn payload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As messages have it, in any form.")] request_id: String,
    ) -> Result<BoxStream<'static, Result<Option<Payload>>>> {
        if request_id.contains('\0') {
            return Err(shown(ApiError::BadRequest("requestId is not valid text".to_owned())));
        }
        let id = RequestId::lookup(&request_id);
        // Before the first look, so that no change falls between the two.
        let follower = Follower::begin(context.data_unchecked(), None).await.map_err(shown)?;
        Ok(watch::until_its_outcome(id, follower, Reading::of(context).clone()))
    }

    /// Every status that becomes visible, each once, those of a stream in the order of the log; or a `Resync` where some can't be told.
    async fn statuses(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of them, by what they and their payloads are when they are told.", default)]
        filter: LiveFilter,
        #[graphql(desc = "Those after this cursor. Without one: those that come from now on.")] after: Option<
            String,
        >,
    ) -> Result<BoxStream<'static, StatusNews>> {
        let wanted = filter.wanted().map_err(shown)?;
        Ok(Listener::begin(context, wanted, after).await.map_err(shown)?.told())
    }

    /// What fails: each status by which a part of a payload, or a service, stands as failed when it is told. Of whatever stands as failed
    /// in the end, the status that says so is told once; or a `Resync` where some can't be.
    async fn failures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of them, by what they and their payloads are when they are told.", default)]
        filter: LiveFilter,
        #[graphql(desc = "Those after this cursor. Without one: those that come from now on.")] after: Option<
            String,
        >,
    ) -> Result<BoxStream<'static, FailureNews>> {
        let wanted = filter.wanted().map_err(shown)?.failures_alone();
        Ok(Listener::begin(context, wanted, after).await.map_err(shown)?.told())
    }
}
