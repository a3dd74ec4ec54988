//! Messages that can't be decoded, one kind for each reason.

use crate::message::{Expectation, Message};
use crate::random::Chance;

/// A malformed message of any kind.
pub(crate) fn message(chance: &mut Chance) -> Message {
    let kind = chance.below(16);
    let id = chance.id();
    let date = "2026-08-22T04:17:03.219543Z";
    let with = |service: &str, request_id: &str, status: &str, date: &str| {
        format!(r#"{{"service":{service},"request_id":{request_id},"status":{status},"date":{date}}}"#)
    };
    let (service, quoted_id, status, quoted_date) =
        ("\"ingress\"", format!("\"{id}\""), "\"received\"", format!("\"{date}\""));
    let valid = with(service, &quoted_id, status, &quoted_date);
    let (reason, text) = match kind {
        0 => ("empty_value", None),
        1 => ("empty_value", Some(String::new())),
        2 => ("not_json", Some(valid[..valid.len() - 1 - chance.below(40)].to_owned())),
        3 => ("not_json", Some("heartbeat".to_owned())),
        4 => ("trailing_bytes", Some(format!("{valid}{valid}"))),
        5 => ("not_an_object", Some(format!("[{valid}]"))),
        6 => ("too_deep", Some(format!(r#"{{"a":{}{}}}"#, "[".repeat(80), "]".repeat(80)))),
        7 => ("service_missing", Some(with("null", &quoted_id, status, &quoted_date))),
        8 => ("request_id_missing", Some(with(service, "null", status, &quoted_date))),
        9 => ("status_missing", Some(with(service, &quoted_id, "\" \"", &quoted_date))),
        10 => ("request_id_form", Some(with(service, "\"third-party\"", status, &quoted_date))),
        11 => ("request_id_form", Some(with(service, "-1", status, &quoted_date))),
        12 => ("request_id_form", Some(with(service, "\"host/rand-000001\"", status, &quoted_date))),
        13 => ("date_missing", Some(with(service, &quoted_id, status, "null"))),
        14 => ("date_unparseable", Some(with(service, &quoted_id, status, "\"yesterday\""))),
        _ => ("date_out_of_range", Some(with(service, &quoted_id, status, "\"0000-01-01T00:00:00Z\""))),
    };
    Message { key: None, value: text.map(String::into_bytes), expected: Expectation::Quarantine { reason } }
}
