//! Watching one payload.

use async_graphql::Result;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use runtime::retry::chain;
use schema::{Outcome, RequestId};
use tokio::time::sleep;
use tracing::debug;

use super::follower::{Follower, PAUSE};
use crate::graphql::error::shown;
use crate::graphql::payload::Payload;
use crate::graphql::reading::Reading;
use crate::queries::payload;

/// A payload is looked at whenever a status of it was folded, and told where it differs: what came between two looks is all one.
pub(super) fn until_its_outcome(
    id: RequestId,
    mut follower: Follower,
    reading: Reading,
) -> BoxStream<'static, Result<Option<Payload>>> {
    asynk_strim::stream_fn(move |mut yielder| async move {
        let mut last = None;
        loop {
            let asked = id.clone();
            let found =
                reading.ask(move |snapshot| async move { payload::find(snapshot, &asked).await }.boxed());
            let found = match found.await {
                Ok(found) => found,
                Err(error) if last.is_none() => {
                    yielder.yield_item(Err(shown(error))).await;
                    return;
                }
                Err(error) => {
                    debug!(error = chain(&error), "a subscriber waits for the database");
                    reading.leave();
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let is_over = found.as_ref().is_some_and(|payload| payload.outcome() != Outcome::InProgress);
            if last.as_ref() != Some(&found) {
                last = Some(found.clone());
                yielder.yield_item(Ok(found.map(Payload::now))).await;
            }
            if is_over {
                return;
            }
            reading.leave();
            // Until something of it is new, or something was missed.
            while let Some(batch) = follower.next_near().await {
                if batch.news.iter().any(|news| news.status.request_id == id) {
                    break;
                }
            }
        }
    })
    .boxed()
}
