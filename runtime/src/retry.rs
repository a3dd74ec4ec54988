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

/// Attempts that failed and are made again, by what was tried and the class of the error.
const RETRIES: &str = "payload_tracker_retries_total";

/// Describes the metric.
pub(crate) fn describe() {
    metrics::describe_counter!(
        RETRIES,
        "Attempts that failed and are made again, by what was tried and the class of the error"
    );
}

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

    /// What kind of trouble it is, in a word: a label of `payload_tracker_retries_total`.
    fn class(&self) -> &'static str {
        "other"
    }
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
            let (class, error) = (error.class(), chain(error));
            metrics::counter!(RETRIES, "what" => what, "class" => class).increment(1);
            warn!(what, class, error, delay_ms = delay.as_millis(), "trying again");
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

    fn class(&self) -> &'static str {
        self.code().map_or("connection", class_of_state)
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

    fn class(&self) -> &'static str {
        match self {
            Self::Backend(error) => error.class(),
            Self::Timeout(_) => "timeout",
            Self::Closed | Self::NoRuntimeSpecified | Self::PostCreateHook(_) => "other",
        }
    }
}

/// By the class of the SQLSTATE (PostgreSQL manual, appendix A).
fn by_state(state: &SqlState) -> Retry {
    if class_of_state(state) == "other" { Retry::Never } else { Retry::Later }
}

/// What kind of passing trouble a SQLSTATE is; `other` is none.
fn class_of_state(state: &SqlState) -> &'static str {
    match state.code().get(..2).unwrap_or_default() {
        // A prepared statement that the connection has lost is prepared anew on the next one.
        "08" | "26" if state.code() != "08P01" => "connection",
        // Transaction rollback: deadlocks, serialization failures.
        "40" => "conflict",
        // Out of connections, memory or disk.
        "53" => "resources",
        // The operator, or a time-out, intervened: shutdown, crash, cancelled statement.
        "57" => "shutdown",
        // System error, internal error; but data that is corrupted stays so.
        "58" | "XX" if !matches!(state.code(), "XX001" | "XX002") => "system",
        // Object not in prerequisite state: a lock that wasn't to be had.
        "55" => "lock",
        // Read-only transaction: the primary became a standby; idle in transaction too long.
        "25" => "read_only",
        _ => "other",
    }
}

fn is_client_mistake(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing")
        || text.starts_with("error deserializing")
        || text.starts_with("invalid config")
        || text.starts_with("query returned an unexpected number of rows")
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
