//! What bodies have in common: the envelope of lists, and how times and long texts are shown.

use std::time::Instant;

use asynk_strim::TryYielder;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::stream::Json;
use crate::error::ApiError;
use crate::queries::Listed;

/// How many bytes of a text a list shows.
pub(super) const CUT: u16 = 4_096;

/// A page of a list, as it is sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is never in memory as a whole: this says what it looks like")]
pub(super) struct List<T> {
    /// How many there are for the filters, on all pages.
    count: i64,
    /// Seconds until the first item was there.
    elapsed: f64,
    /// Those of this page.
    data: Vec<T>,
}

/// Sends a page of a list.
pub(super) async fn send_list<R, T: Serialize>(
    yielder: &mut TryYielder<Bytes, ApiError>,
    mut listed: Listed<'_, R>,
    started_at: Instant,
    item: impl Fn(R) -> T,
) -> Result<(), ApiError> {
    let (count, elapsed) = (listed.count, started_at.elapsed().as_secs_f64());
    let mut json = Json::begin(format!(r#"{{"count":{count},"elapsed":{elapsed},"data":["#));
    while let Some(row) = listed.items.next().await? {
        if let Some(chunk) = json.push(&item(row)) {
            yielder.yield_ok(chunk).await;
        }
    }
    yielder.yield_ok(json.end("]}")).await;
    Ok(())
}

/// RFC 3339 in UTC, microseconds with trailing zeros dropped.
pub(super) fn timestamp(time: DateTime<Utc>) -> String {
    let text = time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let digits = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("{digits}Z")
}

/// A long text, cut between two characters.
pub(super) fn cut(text: String) -> String {
    match text.floor_char_boundary(CUT.into()) {
        end if end < text.len() => text[..end].to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_show_no_zeros_that_say_nothing() {
        let shown = |micros| timestamp(DateTime::from_timestamp_micros(micros).expect("in range"));
        assert_eq!(shown(1_787_356_800_000_000), "2026-08-22T00:00:00Z");
        assert_eq!(shown(1_787_356_800_500_000), "2026-08-22T00:00:00.5Z");
        assert_eq!(shown(1_787_356_800_000_010), "2026-08-22T00:00:00.00001Z");
        assert_eq!(shown(1_787_356_810_000_000), "2026-08-22T00:00:10Z");
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        assert_eq!(cut("short".to_owned()), "short");
        assert_eq!(cut("é".repeat(3_000)).len(), 4_096);
        assert_eq!(cut(format!("x{}", "é".repeat(3_000))).len(), 4_095);
    }
}
