//! Waiting for a state, with a deadline.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Asks again and again; panics with `what` when the answer isn't yes within 20 s.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
