//! Whether a connection that was free can be used again.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Hook, HookError};
use tokio::time::timeout;

use super::Role;

/// A reader's that was taken so shortly ago isn't asked: under load that would be one question in five, and who reads may ask again.
const FRESH: Duration = Duration::from_millis(100);
/// How long one may take to show that it still is a connection.
const LIMIT: Duration = Duration::from_secs(1);

/// Asks those that weren't used for a while: a connection that only seems to be open, as behind a proxy whose server is gone, isn't
/// handed out.
pub(super) fn verify_idle(role: Role) -> Hook {
    Hook::async_fn(move |client, metrics| {
        let is_taken_for_open = role == Role::Reader && metrics.last_used() < FRESH;
        Box::pin(async move { if is_taken_for_open { Ok(()) } else { answers(client).await } })
    })
}

async fn answers(client: &ClientWrapper) -> Result<(), HookError> {
    match timeout(LIMIT, client.simple_query("")).await {
        Ok(answered) => answered.map(drop).map_err(HookError::Backend),
        Err(_) => Err(HookError::message("a free connection doesn't answer")),
    }
}
