//! What lists are asked for: every mix of labels, in every kind of window.

use crate::options::Options;

/// The most that a list may take, in milliseconds: page and HTTP included.
const UNFILTERED_LIMIT_MS: f64 = 5.0;
const FILTERED_LIMIT_MS: f64 = 50.0;

/// The most frequent of each, so that there is the most to count.
const MIXES: [(&str, &str); 8] = [
    ("", ""),
    ("service", "&service=service-0"),
    ("source", "&source=source-0"),
    ("status", "&status=received"),
    ("service, source", "&service=service-0&source=source-0"),
    ("service, status", "&service=service-0&status=received"),
    ("source, status", "&source=source-0&status=received"),
    ("all three", "&service=service-0&source=source-0&status=received"),
];

/// The last is as odd as can be: at either end nearly half a minute of rows and half an hour of minutes from what is counted.
const WINDOWS: [(&str, &str, &str); 4] = [
    ("", "", ""),
    ("1 hour", "2026-08-22T01:00:00Z", "2026-08-22T02:00:00Z"),
    ("1 day", "2026-08-22T00:00:00Z", "2026-08-23T00:00:00Z"),
    ("26 odd hours", "2026-08-22T00:29:29.5Z", "2026-08-23T02:30:30.5Z"),
];

/// A question, and how long the answer may take.
pub(super) struct Question {
    pub(super) group: &'static str,
    pub(super) name: String,
    /// After the base path.
    pub(super) path: String,
    pub(super) limit_ms: f64,
    is_unfiltered: bool,
}

/// All of them, list by list and clock by clock.
pub(super) fn all() -> Vec<Question> {
    let by_date = combine("statuses", "date", &MIXES, &WINDOWS);
    let by_created_at = combine("statuses", "created_at", &MIXES, &WINDOWS[1..]);
    let payloads = combine("payloads", "created_at", &MIXES[..1], &WINDOWS);
    [by_date, by_created_at, payloads].into_iter().flatten().collect()
}

fn combine(
    list: &'static str,
    clock: &str,
    mixes: &[(&str, &str)],
    windows: &[(&str, &str, &str)],
) -> Vec<Question> {
    let pairs = windows.iter().flat_map(|window| mixes.iter().map(move |mix| (window, mix)));
    let question = |((window, from, to), (mix, filter)): (&(&str, &str, &str), &(&str, &str))| {
        let is_windowed = !window.is_empty();
        let bounds = if is_windowed { format!("&{clock}_gte={from}&{clock}_lt={to}") } else { String::new() };
        let window = if is_windowed { format!("{window} by {clock}") } else { String::new() };
        let asked: Vec<&str> = [*mix, &window].into_iter().filter(|text| !text.is_empty()).collect();
        let is_unfiltered = asked.is_empty();
        let name = if is_unfiltered { "all".to_owned() } else { asked.join(", ") };
        Question {
            group: list,
            name: format!("{list}: {name}"),
            // In the order of the window's clock, as somebody who pages through it asks.
            path: format!("{list}?page_size=1&sort_by={clock}{filter}{bounds}"),
            limit_ms: if is_unfiltered { UNFILTERED_LIMIT_MS } else { FILTERED_LIMIT_MS },
            is_unfiltered,
        }
    };
    pairs.map(question).collect()
}

impl Question {
    /// How many there are, where that is known beforehand.
    pub(super) fn expected(&self, options: &Options) -> Option<u64> {
        let all = if self.group == "payloads" { options.payloads } else { options.statuses };
        self.is_unfiltered.then_some(all.into())
    }
}
