//! Day partitions: made before the first event of the day arrives.

use std::time::Duration;

use runtime::database::Pool;
use runtime::retry::{Classified as _, Retry, chain};
use tracing::{info, warn};

use crate::AppendError;

const DAYS_AHEAD: i32 = 3;
const CHECK_INTERVAL: Duration = Duration::from_secs(600);

/// Keeps the partitions of today and the next days there, for as long as it is polled.
pub(crate) async fn keep_ahead(pool: &Pool) {
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        if let Err(error) = make(pool).await {
            warn!(error = chain(&error), "day partitions could not be made ahead");
        }
    }
}

/// Makes those that are missing, and moves what the default partition caught to where it belongs. One that can't be made holds up no other, and its events land in the default partition.
///
/// # Errors
/// Only such as pass by themselves.
pub(crate) async fn make(pool: &Pool) -> Result<(), AppendError> {
    let client = pool.get().await?;
    let drained = client.query_one("select drain_event_default() as moved", &[]).await?;
    match drained.get::<_, i64>("moved") {
        0 => {}
        moved => warn!(moved, "events were caught by the default partition: moved to their days"),
    }
    for day in 0..=DAYS_AHEAD {
        let made = client
            .query_one(
                "-- day::make
                select create_event_day((now() at time zone 'UTC')::date + $1::int) as is_new",
                &[&day],
            )
            .await
            .map_err(AppendError::from);
        match made {
            Ok(row) if row.get("is_new") => info!(days_ahead = day, "made a day partition of the event log"),
            Ok(_) => {}
            Err(error) if error.retry() == Retry::Later => return Err(error),
            Err(error) => warn!(error = chain(&error), days_ahead = day, "a day partition could not be made"),
        }
    }
    Ok(())
}
