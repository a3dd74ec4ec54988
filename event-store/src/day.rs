//! Day partitions: made before the first event of the day arrives.

use std::time::Duration;

use runtime::database::Pool;
use runtime::retry::chain;
use tracing::{info, warn};

use crate::AppendError;

const DAYS_AHEAD: i32 = 3;
const CHECK_INTERVAL: Duration = Duration::from_secs(600);

/// Keeps the partitions of today and the next days there, for as long as it is polled.
///
/// A failure is only a warning: events of a day without a partition land in the default one.
pub(crate) async fn keep_ahead(pool: &Pool) {
    loop {
        if let Err(error) = make(pool).await {
            warn!(error = chain(&error), "day partitions could not be made ahead");
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

/// Makes what is missing.
pub(crate) async fn make(pool: &Pool) -> Result<(), AppendError> {
    let client = pool.get().await?;
    let row = client
        .query_one(
            "-- day::make
            select count(*) filter (where create_event_day((now() at time zone 'UTC')::date + day)) as made
            from generate_series(0, $1) as day",
            &[&DAYS_AHEAD],
        )
        .await?;
    let made: i64 = row.get("made");
    if made > 0 {
        info!(days = made, "made day partitions of the event log");
    }
    Ok(())
}
