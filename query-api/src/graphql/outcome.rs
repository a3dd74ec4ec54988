//! Outcomes: whether it went well, and if not, where and why.

use async_graphql::{Context, Enum, Object};
use schema::{Failure as Failed, Position, RequestId};

use super::error::{or_null, shown};
use super::message;
use super::scalar::Time;

/// How a payload stands.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
#[graphql(remote = "schema::Outcome")]
pub(super) enum Outcome {
    /// All services seen have closed well.
    Success,
    /// A service has closed badly.
    Failure,
    /// Neither.
    InProgress,
}

/// How a service stands with a payload.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
#[graphql(remote = "schema::State")]
pub(super) enum State {
    /// It has not closed.
    Open,
    /// It closed well.
    Good,
    /// It closed badly.
    Bad,
}

/// Where a payload failed first, of all that closed badly and not well afterwards.
pub(super) struct Failure {
    pub(super) request_id: RequestId,
    pub(super) failed: Failed,
}

/// Where a payload failed first, of all that closed badly and not well afterwards.
#[Object]
impl Failure {
    /// The service that failed.
    async fn service(&self) -> &str {
        &self.failed.service
    }

    /// For which of its sources.
    async fn source(&self) -> Option<&str> {
        self.failed.source.as_deref()
    }

    /// Of which part of the upload: a host, mostly.
    async fn part(&self) -> Option<&str> {
        self.failed.part.as_deref()
    }

    /// The status that says so.
    async fn status(&self) -> &str {
        &self.failed.closing.status
    }

    /// When it failed.
    async fn date(&self) -> Time {
        Time(self.failed.closing.claim.date)
    }

    /// Why it failed, as the service says; all of it.
    async fn reason(&self, context: &Context<'_>) -> Option<String> {
        let claim = self.failed.closing.claim;
        let position = Position { stream: claim.stream, offset: claim.offset };
        let reason = message::whole(context, &self.request_id, position).await;
        or_null(context, reason.map_err(shown)).flatten()
    }
}
