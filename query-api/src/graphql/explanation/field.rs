//! Fields of a payload, and the events that claim them.

use async_graphql::{Context, Object, Result};

use crate::graphql::error::shown;
use crate::graphql::page::length;
use crate::graphql::scalar::{Long, Time};

/// A field of a payload, with the event that gave it and those that lost.
pub(super) struct ExplainedField<'a>(pub(super) &'a projection::Field);

/// A claim that lost.
struct LostClaim<'a>(&'a projection::Lost);

/// An event, and what it says.
struct Evidence<'a>(&'a projection::Evidence);

/// A field of a payload, with the event that gave it and those that lost.
#[Object]
impl ExplainedField<'_> {
    /// Its name.
    async fn name(&self) -> &str {
        self.0.name
    }

    /// What it says.
    async fn value(&self) -> &str {
        &self.0.value
    }

    /// Why this event and no other.
    async fn rule(&self) -> &str {
        self.0.rule
    }

    /// The event that gave it.
    async fn given_by(&self) -> Option<Evidence<'_>> {
        self.0.given_by.as_ref().map(Evidence)
    }

    /// How many claim something else.
    async fn lost_count(&self) -> usize {
        self.0.lost.len()
    }

    /// What others claim, the latest first.
    async fn lost(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<LostClaim<'_>>> {
        let most = usize::try_from(length(context, first).map_err(shown)?)?;
        Ok(self.0.lost.iter().rev().take(most).map(LostClaim).collect())
    }
}

/// A claim that lost.
#[Object]
impl LostClaim<'_> {
    /// What it claims.
    async fn value(&self) -> &str {
        &self.0.value
    }

    /// The event that claims it.
    async fn event(&self) -> Evidence<'_> {
        Evidence(&self.0.event)
    }
}

/// An event, and what it says.
#[Object]
impl Evidence<'_> {
    /// The stream that it is in.
    async fn stream(&self) -> i32 {
        self.0.stream
    }

    /// Its offset there.
    async fn offset(&self) -> Long {
        Long(self.0.offset)
    }

    /// When what it says happened.
    async fn date(&self) -> Time {
        Time(self.0.date)
    }

    /// When it was appended.
    async fn appended_at(&self) -> Time {
        Time(self.0.appended_at)
    }

    /// Who says so.
    async fn service(&self) -> &str {
        &self.0.service
    }

    /// For which of its sources.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// Of which part.
    async fn part(&self) -> Option<&str> {
        self.0.part.as_deref()
    }

    /// What.
    async fn status(&self) -> &str {
        &self.0.status
    }
}
