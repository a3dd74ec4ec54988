//! Services and parts, and how they stand.

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::graphql::error::shown;
use crate::graphql::outcome::State;
use crate::graphql::page::length;
use crate::graphql::scalar::Duration;

/// A service, and how its state follows from what it said.
pub(super) struct ExplainedService<'a>(pub(super) &'a projection::ServiceReason);

/// A part, and how its state follows from what was said of it.
#[derive(SimpleObject)]
struct ExplainedPart {
    /// The part.
    part: String,
    /// How it stands.
    state: State,
    /// Why.
    because: String,
}

/// A service, and how its state follows from what it said.
#[Object]
impl ExplainedService<'_> {
    /// The service.
    async fn service(&self) -> &str {
        &self.0.service
    }

    /// For which of its sources.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// How it stands.
    async fn state(&self) -> State {
        state(self.0.state)
    }

    /// From its first date to its last.
    async fn duration(&self) -> Duration {
        Duration(chrono::TimeDelta::microseconds((self.0.seconds * 1e6).round() as i64))
    }

    /// Why.
    async fn because(&self) -> &str {
        &self.0.because
    }

    /// How many parts it names.
    async fn part_count(&self) -> usize {
        self.0.parts.len()
    }

    /// Its parts: those that are bad come first, and then those that are open.
    async fn parts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<ExplainedPart>> {
        let most = usize::try_from(length(context, first).map_err(shown)?)?;
        let mut parts: Vec<_> = self.0.parts.iter().collect();
        parts.sort_by_key(|part| ["bad", "open", "good"].iter().position(|state| *state == part.state));
        let explained = |part: &projection::PartReason| ExplainedPart {
            part: part.part.clone(),
            state: state(part.state),
            because: part.because.clone(),
        };
        Ok(parts.into_iter().take(most).map(explained).collect())
    }
}

fn state(name: &str) -> State {
    match name {
        "good" => State::Good,
        "bad" => State::Bad,
        _ => State::Open,
    }
}
