//! Waiting for a state.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// Ample, for machines are shared: a test that waits this long has failed.
const DEADLINE: Duration = Duration::from_secs(120);
const INTERVAL: Duration = Duration::from_millis(20);

/// Waits until `state` gives a value.
///
/// # Panics
/// When it doesn't within two minutes: `what` says what never came.
pub async fn wait_until<T>(what: &str, mut state: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        // What is asked may never answer.
        let asked = timeout_at(deadline, state()).await;
        if let Ok(Some(value)) = asked {
            return value;
        }
        assert!(asked.is_ok() && Instant::now() < deadline, "waited for two minutes in vain: {what}");
        sleep(INTERVAL).await;
    }
}
