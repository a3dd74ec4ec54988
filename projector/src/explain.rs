//! Explaining: each part of an answer with the event that gave it, and the events that lost.

use projection::{Explanation, Point, Quarantined, RawMessage, View};
use runtime::database::{Pool, Transaction};
use schema::{Position, RequestId, StreamId};
use tokio_postgres::IsolationLevel;

use crate::bucket::Range;
use crate::story::{self, Story};
use crate::verify::name_differing;
use crate::{Generation, ProjectError, point, policy, retired};

/// Explains what is said of a request, from its raw events; as it was at a point of the log, where one is given.
///
/// # Errors
/// When the point is no event's or retention took it, when a row can't be read, when the messages, or those that were quarantined, take more than
/// `most` bytes, and when the database fails.
pub async fn explain(
    pool: &Pool,
    generation: Generation,
    request_id: &RequestId,
    point: Option<&Point>,
    most: usize,
) -> Result<Explanation, ProjectError> {
    let mut client = pool.get().await?;
    let transaction: Transaction<'_> = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    policy::show_all(&transaction, generation.id).await?;
    let bound = match point {
        Some(point) => Some(point::bound(&transaction, point).await?),
        None => None,
    };
    let Story { mut told, mut mismatches } = story::read(&transaction, &generation, request_id, most).await?;
    let mut quarantined = story::read_unclear(&transaction, &generation, request_id, most).await?;
    match bound {
        // What retention took is still to leave them.
        None if retired::is_pending(&*transaction, generation.id).await? => mismatches.clear(),
        None => {
            let range = Range::of(request_id);
            mismatches.extend(name_differing(&transaction, generation.id, &range).await?);
        }
        Some(bound) => {
            mismatches.clear();
            told.retain(|told| bound.covers(told.event.position, told.event.appended_at));
            quarantined.retain(|one| {
                let position = Position { stream: StreamId(one.stream), offset: one.offset };
                bound.covers(position, one.created_at)
            });
        }
    }
    let quarantined = quarantined.into_iter().map(|one| Quarantined {
        stream: one.stream,
        offset: one.offset,
        appended_at: one.created_at,
        reason: one.reason,
        detail: one.detail,
    });
    let statuses = told.iter().map(|told| &told.status).filter(|status| status.request_id == *request_id);
    let explanation = Explanation::of(request_id, &View::of(statuses), &told);
    Ok(Explanation {
        generation: generation.id.0,
        quarantined: quarantined.collect(),
        mismatches,
        events: told.into_iter().map(RawMessage::of).collect(),
        ..explanation
    })
}
