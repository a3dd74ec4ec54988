//! Explanations: each part of an answer with the event that gave it, and those that lost.

mod field;
mod service;

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use schema::RequestId;

use self::field::ExplainedField;
use self::service::ExplainedService;
use super::batch::{HeldOf, StoryOf, batches};
use super::error::{or_null, shown};
use super::outcome::Outcome;
use super::past::Past;
use super::scalar::{Long, Time};
use crate::error::ApiError;
use crate::queries::story::Story;

/// Why an answer is what it is: what its messages say, decoded and folded anew.
pub(super) struct Explanation {
    story: Arc<Story>,
    is_past: bool,
}

/// A message that names the payload and could not be decoded.
#[derive(SimpleObject)]
struct Unclear {
    /// The stream that it is in.
    stream: i32,
    /// Its offset there.
    offset: Long,
    /// When it was appended.
    appended_at: Time,
    /// Why, for machines.
    reason: String,
    /// Why, for people.
    detail: String,
}

/// A row of the read models that isn't what the log says.
#[derive(SimpleObject)]
struct Mismatch {
    /// Its table.
    table: &'static str,
    /// Its key.
    key: String,
    /// What is wrong with it.
    what: String,
}

impl Explanation {
    /// Of a payload, as it is now or as it was.
    pub(super) async fn of(
        context: &Context<'_>,
        request_id: RequestId,
        past: Option<&Past>,
    ) -> Result<Self, ApiError> {
        let story = match past {
            Some(past) => past.story().clone(),
            None => {
                let story = batches(context).load_one(StoryOf(request_id.clone())).await?;
                story.unwrap_or_else(|| Arc::new(Story::empty(request_id)))
            }
        };
        Ok(Self { story, is_past: past.is_some() })
    }
}

/// Why an answer is what it is: what its messages say, decoded and folded anew. Who sees one organisation alone is told by the
/// statuses that were decoded, and nothing of the log.
#[Object]
impl Explanation {
    /// How it stands; null when no message of it is known.
    async fn outcome(&self) -> Option<Outcome> {
        self.story.view().payload.as_ref().map(|payload| payload.outcome().into())
    }

    /// How the outcome follows, in sentences.
    async fn because(&self) -> &[String] {
        &self.story.explanation().because
    }

    /// The fields of the payload, each with the event that gave it and those that lost.
    async fn fields(&self) -> Vec<ExplainedField<'_>> {
        self.story.explanation().fields.iter().map(ExplainedField).collect()
    }

    /// Its services, in the order in which they began, each with how its state follows.
    async fn services(&self) -> Vec<ExplainedService<'_>> {
        self.story.explanation().services.iter().map(ExplainedService).collect()
    }

    /// Messages that name it and could not be decoded, in the order in which they were appended. Whose they are nobody knows, so only who
    /// may see everything is told.
    async fn quarantined(&self) -> Vec<Unclear> {
        let unclear = |one: &projection::Quarantined| Unclear {
            stream: one.stream,
            offset: Long(one.offset),
            appended_at: Time(one.appended_at),
            reason: one.reason.clone(),
            detail: one.detail.clone(),
        };
        self.story.quarantined.iter().map(unclear).collect()
    }

    /// Where the read models say anything else. Null where that isn't looked for: of a point of the past, for who sees one organisation
    /// alone, and as long as something that retention took is still to leave the read models.
    async fn mismatches(&self, context: &Context<'_>) -> Option<Vec<Mismatch>> {
        if self.is_past {
            return None;
        }
        let story = &self.story;
        let held = batches(context).load_one(HeldOf(story.request_id().clone())).await;
        let held = or_null(context, held.map_err(shown))??;
        let differing = held.differing(story.request_id(), story.view());
        let all = story.mismatches.iter().cloned().chain(differing);
        Some(all.map(|projection::Mismatch { table, key, what }| Mismatch { table, key, what }).collect())
    }
}
