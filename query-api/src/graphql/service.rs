//! Services: what each did for a payload.

use async_graphql::{Object, SimpleObject};

use super::outcome::State;
use super::scalar::{Duration, Long, Time};

/// What a service did for a payload, for one of its sources.
pub(super) struct Service(pub(super) schema::Service);

/// How the parts of a service stand.
#[derive(SimpleObject)]
pub(super) struct PartCounts {
    /// How many there are.
    count: i32,
    /// How many have not closed.
    open: i32,
    /// How many closed badly.
    bad: i32,
    /// How many closed badly and then well.
    recovered: i32,
}

/// What a service did for a payload, for one of its sources.
#[Object]
impl Service {
    /// Its name.
    async fn service(&self) -> &str {
        &self.0.service
    }

    /// The source that it names.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// How it stands.
    async fn state(&self) -> State {
        self.0.state().into()
    }

    /// The earliest date of its statuses.
    async fn first_date(&self) -> Time {
        Time(self.0.first_date)
    }

    /// The latest date of its statuses.
    async fn last_date(&self) -> Time {
        Time(self.0.last_date)
    }

    /// From the earliest to the latest.
    async fn duration(&self) -> Duration {
        Duration(self.0.last_date - self.0.first_date)
    }

    /// How many statuses it sent.
    async fn status_count(&self) -> Long {
        Long(self.0.status_count)
    }

    /// How many of them say that something failed, also of what went well in the end.
    async fn bad_closings(&self) -> Long {
        Long(self.0.bad_closings)
    }

    /// The parts of the upload that it names: hosts, mostly.
    async fn parts(&self) -> PartCounts {
        let schema::PartCounts { count, open, bad, recovered } = self.0.parts;
        PartCounts { count, open, bad, recovered }
    }
}
