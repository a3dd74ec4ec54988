//! Statistics: from what is counted already where that tells them, else from rows, as long as these are not too many.
//!
//! What is counted isn't by organisation, so a tenant's are from rows always.

mod latency;
mod organisation;
mod outcome;
mod service;
mod size;
mod status;
mod stretch;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

pub(crate) use self::latency::{Latency, Timed, latencies, service_latencies};
pub(crate) use self::organisation::{OrganisationStat, organisations};
pub(crate) use self::outcome::outcomes;
pub(crate) use self::service::{ServiceStat, services, success};
pub(crate) use self::size::TooMany;
pub(super) use self::size::{WITH_SERVICES, check_all_with_services, check_kinds};
pub(crate) use self::status::{KindStat, kinds, status_counts};
pub(crate) use self::stretch::{Stretches, Width};

/// What was summed up, or that it would be of too much.
pub(crate) type Bounded<T> = Result<T, TooMany>;

/// How many payloads there are, by how they stand; or by how a service stands with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcomes {
    pub(crate) success: i64,
    pub(crate) failure: i64,
    pub(crate) in_progress: i64,
}

/// Something of a stretch of time, which is named by when it begins; of a window as a whole, by when that does.
pub(crate) type At<T> = (DateTime<Utc>, T);

impl Outcomes {
    pub(crate) fn total(self) -> i64 {
        self.success + self.failure + self.in_progress
    }

    /// Of what has closed, the share that closed well; `None` where nothing has.
    pub(crate) fn success_rate(self) -> Option<f64> {
        let closed = self.success + self.failure;
        (closed > 0).then(|| self.success as f64 / closed as f64)
    }

    fn from_row(row: &Row) -> Self {
        Self { success: row.get("success"), failure: row.get("failure"), in_progress: row.get("in_progress") }
    }

    /// The columns that it is read from: sums of an expression for each of three values of a column.
    fn sums(count: &str, column: &str, [success, failure, in_progress]: [&str; 3]) -> String {
        let sum = |value: &str, name: &str| {
            format!("coalesce(sum({count}) filter (where {column} = '{value}'), 0)::bigint as {name}")
        };
        let sums = [sum(success, "success"), sum(failure, "failure"), sum(in_progress, "in_progress")];
        sums.join(", ")
    }

    fn of_payloads(count: &str) -> String {
        Self::sums(count, "outcome", ["success", "failure", "in_progress"])
    }

    fn of_services(count: &str) -> String {
        Self::sums(count, "state", ["good", "bad", "open"])
    }
}
