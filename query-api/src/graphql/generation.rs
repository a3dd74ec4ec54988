//! Generations of read models.

use async_graphql::{Context, Enum, Object, Result};
use futures_util::FutureExt as _;

use super::error::shown;
use super::freshness::seconds;
use super::page::length;
use super::reading::Reading;
use super::scalar::{Duration, Long, Time};
use crate::queries::generation;

/// Asks for them.
#[derive(Default)]
pub(super) struct GenerationRoot;

/// A complete set of read models.
pub(super) struct Generation(generation::Generation);

/// What becomes of a generation.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
pub(super) enum GenerationState {
    /// A rebuild reads the log.
    Loading,
    /// A rebuild folds what it read.
    Folding,
    /// A rebuild makes the indexes.
    Indexing,
    /// It is kept up with the log.
    Following,
}

#[Object]
impl GenerationRoot {
    /// Generations of read models, the latest first. They are of everybody's events, so a tenant sees an empty list.
    async fn generations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<Generation>> {
        let most = length(context, first).map_err(shown)?;
        if super::is_tenant(context) {
            return Ok(Vec::new());
        }
        let listed = Reading::of(context)
            .ask(move |snapshot| async move { generation::list(snapshot, most).await }.boxed());
        Ok(listed.await.map_err(shown)?.into_iter().map(Generation).collect())
    }
}

/// A complete set of read models.
#[Object]
impl Generation {
    /// Its number.
    async fn number(&self) -> i32 {
        self.0.id
    }

    /// The version of the projection that fills it.
    async fn projection_version(&self) -> i32 {
        self.0.projection_version
    }

    /// The length that a request id of no known form must have; 0 for any.
    async fn request_id_length(&self) -> i32 {
        self.0.request_id_length
    }

    /// How many writers its requests are dealt out to.
    async fn shard_count(&self) -> i32 {
        self.0.shard_count.into()
    }

    /// What becomes of it; null where this version of the service doesn't know it.
    async fn state(&self) -> Option<GenerationState> {
        Some(match self.0.state.as_str() {
            "loading" => GenerationState::Loading,
            "folding" => GenerationState::Folding,
            "indexing" => GenerationState::Indexing,
            "following" => GenerationState::Following,
            _ => return None,
        })
    }

    /// Whether readers see it.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// Whether it is the one to go back to.
    async fn is_previous(&self) -> bool {
        self.0.is_previous
    }

    /// When it was begun.
    async fn begun_at(&self) -> Time {
        Time(self.0.created_at)
    }

    /// When it had caught up with the log for the first time.
    async fn caught_up_at(&self) -> Option<Time> {
        self.0.built_at.map(Time)
    }

    /// When readers saw it for the first time.
    async fn activated_at(&self) -> Option<Time> {
        self.0.activated_at.map(Time)
    }

    /// The number of the generation that it was compared with last, which may be gone.
    async fn compared_with(&self) -> Option<i32> {
        self.0.compared_with
    }

    /// When that was.
    async fn compared_at(&self) -> Option<Time> {
        self.0.compared_at.map(Time)
    }

    /// Whether the two told the same, requests in motion aside.
    async fn is_same(&self) -> Option<bool> {
        self.0.is_same
    }

    /// When it was shown to readers although it differs from what they saw before, or wasn't compared with it.
    async fn accepted_at(&self) -> Option<Time> {
        self.0.accepted_at.map(Time)
    }

    /// How many offsets of the log it hasn't folded.
    async fn lag_records(&self) -> Long {
        Long(self.0.lag_events)
    }

    /// How long the oldest event that it hasn't folded has been in the log.
    async fn lag(&self) -> Duration {
        seconds(self.0.lag_seconds)
    }
}
