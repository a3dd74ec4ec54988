//! Durations: how long each service took, and all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use schema::Status;

/// From when to when each service had a payload in hand, for one of its sources, by `service:source`.
#[derive(Debug, Default)]
pub(super) struct Durations(BTreeMap<String, Span>);

/// From the first to the last status.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Durations {
    /// Takes one of the payload's statuses in, in whatever order they come.
    pub(super) fn add(&mut self, status: &Status) {
        let at = Span { first: status.date, last: status.date };
        let key = format!("{}:{}", status.service, status.source.as_deref().unwrap_or("undefined"));
        let span = self.0.entry(key).or_insert(at);
        *span = span.with(at);
    }

    /// By `service:source` the time from its first to its last status; the sum of those; and the time from the very first to
    /// the very last. Keys sorted.
    pub(super) fn show(&self) -> BTreeMap<String, String> {
        let of_each = self.0.iter().map(|(key, span)| (key.clone(), show(span.length())));
        let in_services = self.0.values().map(|span| span.length()).sum();
        let total = self.0.values().copied().reduce(Span::with).map_or_else(TimeDelta::zero, Span::length);
        let of_all = [("total_time_in_services", in_services), ("total_time", total)];
        of_each.chain(of_all.map(|(key, length)| (key.to_owned(), show(length)))).collect()
    }
}

impl Span {
    fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    fn length(self) -> TimeDelta {
        self.last - self.first
    }
}

/// `HH:MM:SS.ffffff`; the hours go on after 24.
fn show(length: TimeDelta) -> String {
    let (seconds, micros) = (length.num_seconds(), length.subsec_nanos() / 1_000);
    format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_go_on_after_a_day() {
        assert_eq!(show(TimeDelta::microseconds(5_625_000)), "00:00:05.625000");
        assert_eq!(show(TimeDelta::hours(100) + TimeDelta::seconds(61)), "100:01:01.000000");
    }
}
