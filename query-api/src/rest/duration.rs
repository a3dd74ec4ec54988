//! Durations: how long each service took, and all of them.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::queries::status::Span;

/// By `service:source` the time from its first to its last status; the sum of those; and the time from the very first to
/// the very last. Keys sorted.
pub(crate) fn durations(spans: &[Span]) -> BTreeMap<String, String> {
    let of_each = spans.iter().map(|span| (span.key(), show(span.length())));
    let in_services = spans.iter().map(Span::length).sum();
    let (first, last) = (spans.iter().map(|span| span.first).min(), spans.iter().map(|span| span.last).max());
    let total = first.zip(last).map_or_else(TimeDelta::zero, |(first, last)| last - first);
    let of_all = [("total_time_in_services", in_services), ("total_time", total)];
    of_each.chain(of_all.map(|(key, length)| (key.to_owned(), show(length)))).collect()
}

impl Span {
    fn key(&self) -> String {
        format!("{}:{}", self.service, self.source.as_deref().unwrap_or("undefined"))
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
