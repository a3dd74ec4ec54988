//! Messages: what statuses say beside what they are, all of it.

use async_graphql::Context;
use schema::{Position, RequestId};

use super::batch::{StatusAt, batches};
use super::reading::Reading;
use crate::error::ApiError;

/// All of the message of a payload's status at a place of the log.
pub(super) async fn whole(
    context: &Context<'_>,
    request_id: &RequestId,
    position: Position,
) -> Result<Option<String>, ApiError> {
    let place = StatusAt { request_id: request_id.clone(), position, is_whole: true };
    let message = batches(context).load_one(place).await?.and_then(|status| status.status_msg);
    let length = message.as_ref().map_or(0, String::len);
    Reading::of(context).take_of_answer(length).await?;
    Ok(message)
}
