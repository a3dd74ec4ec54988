//! Errors by class: what to wait out, what to stop for. No class drops data.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;
use tracing::warn;

use crate::health::Part;

/// Long enough not to hammer a database that is coming up, short enough that lag is gone within a minute.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It passes by itself: try again.
    Later,
    /// Somebody must act, or it is a mistake of ours: trying again changes nothing.
    Never,
}

/// An error that knows its class.
pub trait Classified: Error {
    /// What to do about it.
    fn retry(&self) -> Retry;
}

/// Runs `attempt` until it succeeds or fails for good, with growing, jittered pauses.
///
/// Each pause is logged once, under the name `what`, and `part` isn't ready until an attempt succeeds.
pub async fn retry_transient<T, E, F>(
    what: &'static str,
    part: &Part,
    attempt: impl FnMut() -> F,
) -> Result<T, E>
where
    E: Classified,
    F: Future<Output = Result<T, E>>,
{
    let delays = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(LONGEST_DELAY)
        .without_max_times();
    let result = attempt
        .retry(delays)
        .when(|error: &E| error.retry() == Retry::Later)
        .notify(|error, delay| {
            let error = chain(error);
            metrics::counter!("payload_tracker_retries_total", "what" => what).increment(1);
            warn!(what, error, delay_ms = delay.as_millis(), "trying again");
            part.not_ready(error);
        })
        .await;
    match &result {
        Ok(_) => part.ready(),
        Err(error) => part.not_ready(chain(error)),
    }
    result
}

/// An error and its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn Error| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

impl Classified for tokio_postgres::Error {
    fn retry(&self) -> Retry {
        match self.code() {
            Some(state) => by_state(state),
            // No word from the server: the connection was refused, broke or timed out. What the client itself refuses
            // (a value that doesn't fit its column, a row count that is off) has no state either, and is our mistake.
            None if is_client_mistake(self) => Retry::Never,
            None => Retry::Later,
        }
    }
}

impl Classified for PoolError {
    fn retry(&self) -> Retry {
        match self {
            Self::Backend(error) => error.retry(),
            Self::Timeout(_) => Retry::Later,
            Self::Closed | Self::NoRuntimeSpecified | Self::PostCreateHook(_) => Retry::Never,
        }
    }
}

/// By the class of the SQLSTATE (PostgreSQL manual, appendix A).
fn by_state(state: &SqlState) -> Retry {
    let is_transient = match state.code().get(..2).unwrap_or_default() {
        // Connection exception, transaction rollback, insufficient resources, operator intervention, system error, internal error.
        "08" | "40" | "53" | "57" | "58" | "XX" => true,
        // Object not in prerequisite state: a lock that wasn't to be had.
        "55" => true,
        // Read-only transaction: the primary became a standby; idle in transaction too long.
        "25" => true,
        _ => false,
    };
    if is_transient { Retry::Later } else { Retry::Never }
}

fn is_client_mistake(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing")
        || text.starts_with("error deserializing")
        || text.starts_with("invalid config")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_waited_out_and_a_missing_privilege_is_not() {
        for state in [SqlState::ADMIN_SHUTDOWN, SqlState::DISK_FULL, SqlState::T_R_DEADLOCK_DETECTED] {
            assert_eq!(by_state(&state), Retry::Later, "{}", state.code());
        }
        for state in
            [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED]
        {
            assert_eq!(by_state(&state), Retry::Later, "{}", state.code());
        }
        for state in [SqlState::INSUFFICIENT_PRIVILEGE, SqlState::UNDEFINED_TABLE, SqlState::INVALID_PASSWORD]
        {
            assert_eq!(by_state(&state), Retry::Never, "{}", state.code());
        }
    }
}
