//! Day partitions: made before the first event of the day arrives.

use std::time::Duration;

use runtime::database::Pool;
use runtime::retry::chain;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tracing::{info, warn};

use crate::AppendError;

const DAYS_AHEAD: i32 = 3;
const CHECK_INTERVAL: Duration = Duration::from_secs(600);
/// Beyond the server's own: reached only when it doesn't answer at all.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Keeps the partitions of today and the next days there, for as long as it is polled.
pub(crate) async fn keep_ahead(pool: &Pool) {
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        if let Err(error) = make_in_time(pool).await {
            warn!(error = chain(&error), "day partitions could not be made ahead");
        }
    }
}

/// The same as [`make`], in bounded time.
pub(crate) async fn make_in_time(pool: &Pool) -> Result<(), AppendError> {
    timeout(TIMEOUT, make(pool)).await.unwrap_or(Err(AppendError::Timeout))
}

/// Makes those that are missing, and moves what the default partition caught to where it belongs. Neither holds up appending: what has
/// no day lands in the default partition, and what can't be moved now stays there until it can.
///
/// # Errors
/// When the database is away.
pub(crate) async fn make(pool: &Pool) -> Result<(), AppendError> {
    let client = pool.get().await?;
    for day in 0..=DAYS_AHEAD {
        let made = client
            .query_one(
                "-- day::make
                select create_event_day((now() at time zone 'UTC')::date + $1::int) as is_new",
                &[&day],
            )
            .await;
        match made {
            Ok(row) if row.get("is_new") => info!(days_ahead = day, "made a day partition of the event log"),
            Ok(_) => {}
            Err(error) if error.code().is_none() => return Err(error.into()),
            Err(error) => {
                warn!(error = chain(&error), days_ahead = day, "a day partition could not be made");
                if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
                    // Nor will the next be: somebody reads the log for long.
                    return Ok(());
                }
            }
        }
    }
    match client.query_one("select drain_event_default() as moved", &[]).await {
        Ok(row) => match row.get::<_, Option<i64>>("moved") {
            Some(0) => {}
            Some(moved) => warn!(moved, "events were caught by the default partition: moved to their days"),
            None => warn!(
                "the default partition caught more events than can be moved meanwhile: `payload-tracker retain` moves them"
            ),
        },
        Err(error) if error.code().is_none() => return Err(error.into()),
        Err(error) => warn!(error = chain(&error), "what the default partition caught could not be moved"),
    }
    Ok(())
}
