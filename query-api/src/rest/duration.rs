//! Durations: how long each service took, and all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use schema::Status;

/// By `service:source` the time from its first to its last status; the sum of those; and the time from the very first to
/// the very last. Keys sorted.
pub(crate) fn durations(statuses: &[Status]) -> BTreeMap<String, String> {
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    for status in statuses {
        let key = format!("{}:{}", status.service, status.source.as_deref().unwrap_or("undefined"));
        spans
            .entry(key)
            .and_modify(|span| span.include(status.date))
            .or_insert_with(|| Span::of(status.date));
    }
    let in_services = spans.values().map(Span::length).sum();
    let total = spans.values().copied().reduce(Span::with).map_or_else(TimeDelta::zero, |span| span.length());
    let mut shown: BTreeMap<String, String> =
        spans.iter().map(|(key, span)| (key.clone(), show(span.length()))).collect();
    shown.insert("total_time_in_services".to_owned(), show(in_services));
    shown.insert("total_time".to_owned(), show(total));
    shown
}

#[derive(Clone, Copy)]
struct Span {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Span {
    fn of(date: DateTime<Utc>) -> Self {
        Self { first: date, last: date }
    }

    fn include(&mut self, date: DateTime<Utc>) {
        *self = self.with(Self::of(date));
    }

    fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    fn length(&self) -> TimeDelta {
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
