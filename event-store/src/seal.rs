//! Seals: heads written down, every 1,000 events with the append, and every minute for what came since.

use std::time::Duration;

use metrics::gauge;
use runtime::database::Pool;
use runtime::retry::chain;
use tokio::time::timeout;
use tracing::warn;

use crate::{AppendError, metric};

/// Events between two seals of a stream, at most.
pub(crate) const SEAL_EVENTS: i64 = 1_000;

const INTERVAL: Duration = Duration::from_secs(60);
/// Beyond the server's own: reached only when it doesn't answer at all.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Seals what was appended in the last minute, for as long as it is polled.
pub(crate) async fn keep_sealing(pool: &Pool) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let written = timeout(TIMEOUT, write_down(pool)).await.unwrap_or(Err(AppendError::Timeout));
        if let Err(error) = written {
            warn!(error = chain(&error), "heads could not be sealed, trying again in a minute");
        }
    }
}

/// Writes down the head of every stream that has moved since its last seal. Any number may do so at once.
pub(crate) async fn write_down(pool: &Pool) -> Result<u64, AppendError> {
    let client = pool.get().await?;
    let sealed = client
        .execute(
            "-- seal::write_down
            insert into seals (stream_id, next_offset, event_count, head)
            select id, next_offset, event_count, head from streams
            where event_count is distinct from (
                select seals.event_count from seals where stream_id = streams.id order by next_offset desc limit 1)
            on conflict (stream_id, next_offset) do nothing",
            &[],
        )
        .await?;
    gauge!(metric::LAST_SEAL).set(chrono::Utc::now().timestamp() as f64);
    Ok(sealed)
}
