//! What the services of a platform said: the messages that every case asks about.

use chrono::{TimeDelta, Utc};
use testkit::MessageBuilder;

/// Five statuses of two services, one of them for a source.
pub(crate) const TIMELINE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
/// Most of its messages call it by its dashed form, and one writes in capitals.
pub(crate) const DASHED: &str = "b0000000-0000-4000-8000-00000000000b";
/// The same, as answers have it.
pub(crate) const CANONICAL: &str = "b000000000004000800000000000000b";
/// Nothing is known of it but one status.
pub(crate) const BARE: &str = "c0000000000000000000000000000001";
/// Its statuses name two organisations.
pub(crate) const MOVED: &str = "c0000000000000000000000000000002";
/// Its only status is about a part of it.
pub(crate) const UPLOAD: &str = "c0000000000000000000000000000003";
/// The part.
pub(crate) const PART: &str = "11111111111111111111111111111111:22222222222222222222222222222222";
/// It took more than a day, and its message is long.
pub(crate) const LONG: &str = "c0000000000000000000000000000004";
/// An id that is no UUID, but as long as one.
pub(crate) const VERBATIM: &str = "zzzzzzzz-third-party-zzzzzzzzzzz";
/// All of its messages are in quarantine.
pub(crate) const UNREADABLE: &str = "c0000000000000000000000000000005";
/// A list shows no more bytes of a message.
pub(crate) const CUT: usize = 4_096;
/// Nobody ever said anything of it.
pub(crate) const UNKNOWN: &str = "c0000000000000000000000000000009";

/// Payloads of one organisation that were created at the same moment.
pub(crate) const TIED: i64 = 25;
/// All payloads.
pub(crate) const PAYLOADS: i64 = 7 + TIED + 4;
/// All statuses.
pub(crate) const STATUSES: i64 = 5 + 3 + 1 + 3 + 1 + 2 + 1 + TIED + 5;
/// All messages that say nothing: by their date, and by their id.
pub(crate) const QUARANTINED: i64 = 2;

/// A message of a service; what is empty isn't sent.
fn said(id: &str, service: &str, status: &str, date: &str, others: &[(&str, &str)]) -> MessageBuilder {
    let message = MessageBuilder::new(id).with("service", service).with("status", status).with("date", date);
    others.iter().fold(message, |message, (field, value)| message.with(field, *value))
}

/// The text of a message that is longer than a list shows.
pub(crate) fn long_message() -> String {
    format!("{}é{}", "x".repeat(CUT - 1), "y".repeat(900))
}

/// All of it, in no order.
pub(crate) fn messages() -> Vec<Option<Vec<u8>>> {
    let day = |time: &str| format!("2026-08-22T{time}Z");
    let mut messages = vec![
        said(TIMELINE, "puptoo", "received", &day("10:00:01"), &[("source", "inventory")]),
        said(TIMELINE, "puptoo", "success", &day("10:00:06.625"), &[("source", "inventory")]),
        said(TIMELINE, "puptoo", "received", &day("10:00:00"), &[("org_id", "77"), ("account", "a")]),
        said(
            TIMELINE,
            "puptoo",
            "error",
            &day("10:00:09.97"),
            &[("status_msg", "boom"), ("inventory_id", "i")],
        ),
        said(TIMELINE, "engine", "received", &day("10:00:12.604"), &[("system_id", "s")]),
        said(DASHED, "ingress", "received", &day("09:00:00"), &[("org_id", "88"), ("account", "b")]),
        said(
            DASHED,
            "Puptoo",
            "SUCCESS",
            &day("09:00:01.500"),
            &[("source", "Inventory"), ("status_msg", "Done")],
        ),
        said(
            &DASHED.replace('-', "").to_uppercase(),
            "advisor",
            "success",
            "2026-08-22 09:00:02.000010",
            &[],
        ),
        said(BARE, "ingress", "received", "2026-08-18T00:00:01Z", &[]),
        said(MOVED, "ingress", "received", "2026-08-19T00:00:20Z", &[("org_id", "new")]),
        said(MOVED, "puptoo", "received", "2026-08-19T00:00:10Z", &[("org_id", "old")]),
        said(MOVED, "advisor", "received", "2026-08-19T00:00:30Z", &[]),
        said(&format!("{UPLOAD}:{PART}"), "host", "received", "2026-08-17T00:00:00Z", &[("org_id", "parts")]),
        said(LONG, "slow", "received", "2026-08-10T00:00:00Z", &[("org_id", "long")]),
        said(LONG, "slow", "success", "2026-08-14T04:01:01Z", &[("status_msg", &long_message())]),
        said(VERBATIM, "ingress", "received", "2026-08-16T00:00:00Z", &[("org_id", "verbatim")]),
        said(UNREADABLE, "ingress", "received", "never", &[]),
        said("-1", "ingress", "received", "2026-08-16T00:00:00Z", &[]),
    ];
    messages.extend((0..TIED).map(|number| {
        let id = format!("d{number:031x}");
        said(&id, "ingress", "received", "2026-08-20T00:00:00Z", &[("org_id", "tied")])
    }));
    let recent = [("success", 1), ("error", 1), ("received", 1), ("error", 25)];
    messages.extend(recent.iter().zip(0..).map(|((status, hours_ago), number)| {
        let date = (Utc::now() - TimeDelta::hours(*hours_ago)).to_rfc3339();
        said(&format!("e{number:031x}"), "today", status, &date, &[("org_id", "recent")])
    }));
    let now = Utc::now().to_rfc3339();
    messages.push(said(&format!("e{:031x}", 0), "waits", "received", &now, &[]));
    messages.iter().map(|message| Some(message.build())).collect()
}
