//! Limiters: so many requests a minute for each client, spread as they like.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::{Extensions, HeaderMap};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use super::Client;
use crate::config::TrafficArgs;
use crate::error::{ApiError, Excess};

/// How often clients that have been silent are forgotten, in requests.
const FORGET_EVERY: u32 = 1_000;

/// Counts the requests of every client.
pub(crate) struct Limiter {
    requests: DefaultKeyedRateLimiter<Client>,
    clock: DefaultClock,
    trusted: Vec<IpNet>,
    most: u32,
    seen: AtomicU32,
}

impl Limiter {
    pub(crate) fn new(args: &TrafficArgs) -> Self {
        let quota = Quota::per_minute(args.max_requests_per_minute);
        Self {
            requests: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            trusted: args.trusted_proxies.clone(),
            most: args.max_requests_per_minute.get(),
            seen: AtomicU32::new(0),
        }
    }

    /// Whose a request is.
    pub(crate) fn client(&self, headers: &HeaderMap, extensions: &Extensions) -> Client {
        Client::of(headers, extensions, &self.trusted)
    }

    /// Counts a request of a client.
    ///
    /// # Errors
    /// When it is one too many.
    pub(crate) fn check(&self, client: &Client) -> Result<(), ApiError> {
        // A client whose minute is over is as one that was never seen: this bounds what is remembered.
        if self.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            self.requests.retain_recent();
        }
        self.requests.check_key(client).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            ApiError::TooManyRequests(Excess { most: self.most, wait_seconds: whole_seconds(wait) })
        })
    }
}

/// At least one, for a client that comes again at once is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}
