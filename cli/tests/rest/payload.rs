//! `/payloads/{request_id}`.

use serde_json::json;

use crate::answer::Direction::{Ascending, Descending};
use crate::case::{Case, case};
use crate::served::Served;
use crate::traffic::{
    BARE, CANONICAL, CUT, DASHED, LONG, MOVED, PART, TIMELINE, UNKNOWN, UNREADABLE, UPLOAD, VERBATIM,
    long_message,
};

const KEYS: [&str; 6] = ["date", "service", "source", "status", "status_msg", "created_at"];
const ATTRIBUTES: [&str; 5] = ["request_id", "account", "org_id", "inventory_id", "system_id"];

fn of(id: &str, query: &str) -> String {
    format!("/payloads/{id}?{query}")
}

pub(crate) fn cases() -> Vec<Case> {
    [finding(), showing(), sorting(), durations()].into_iter().flatten().collect()
}

fn finding() -> Vec<Case> {
    let forms = [CANONICAL.to_owned(), CANONICAL.to_uppercase(), DASHED.to_owned(), DASHED.to_uppercase()];
    let found = forms.iter().fold(
        case("A payload is found by any form of its id: 32 hex digits, dashed, in any case."),
        |case, form| case.get(of(form, "")).column("request_id", &[CANONICAL; 3]),
    );
    vec![
        found,
        case("An id of another form is found as it was sent.")
            .get(of(VERBATIM, ""))
            .at("/data/0/request_id", VERBATIM)
            .get(of(&VERBATIM.to_uppercase(), ""))
            .status(404),
        case("An unknown id is a 404 `payload with id: X not found`, with X as it was asked for.")
            .get(of(UNKNOWN, ""))
            .refuses(404, format!("payload with id: {UNKNOWN} not found"))
            .get(of(&UNKNOWN.to_uppercase(), ""))
            .refuses(404, format!("payload with id: {} not found", UNKNOWN.to_uppercase()))
            .get(of("no%20pe%2Fx", ""))
            .refuses(404, "payload with id: no pe/x not found")
            .get(of("%00", ""))
            .refuses(404, "payload with id: \0 not found"),
        case("An id that only quarantined messages name is a 404, and its message says so.")
            .get(of(UNREADABLE, ""))
            .refuses(404, format!("payload with id: {UNREADABLE} not found: all 1 messages of it are quarantined, for they could not be decoded")),
    ]
}

fn showing() -> Vec<Case> {
    const ALL: [&str; 12] = [
        "id",
        "service",
        "source",
        "account",
        "org_id",
        "request_id",
        "inventory_id",
        "system_id",
        "created_at",
        "status",
        "status_msg",
        "date",
    ];
    vec![
        case("It is `{\"data\", \"duration\"}`, and `data` are its statuses, all of them.")
            .get(of(TIMELINE, ""))
            .fields("", &["data", "duration"])
            .column("status", &["received", "error", "success", "received", "received"]),
        case("An item of `data` has `id` (a number: the payload's), `service`, `source`, `account`, `org_id`, `request_id`, `inventory_id`, `system_id`, `created_at`, `status`, `status_msg` and `date`; what is unknown is left out.")
            .get(of(TIMELINE, "sort_dir=asc"))
            .fields("/data/1", &["id", "service", "source", "account", "org_id", "request_id", "inventory_id", "system_id", "created_at", "status", "date"])
            .get(of(BARE, ""))
            .fields("/data/0", &["id", "service", "request_id", "created_at", "status", "date"])
            .get(of(CANONICAL, "sort_by=source"))
            .fields("/data/0", &["id", "service", "source", "account", "org_id", "request_id", "created_at", "status", "status_msg", "date"])
            .holds("nothing is named that isn't documented", |answer| {
                let items = answer.items();
                let mut names = items.iter().filter_map(|item| item.as_object()).flat_map(|item| item.keys());
                names.all(|name| ALL.contains(&name.as_str()))
            })
            .holds("it is the payload's number that each item has", |answer| {
                let id = answer.first()["id"].clone();
                id.is_u64() && answer.items().iter().all(|item| item["id"] == id)
            }),
        case("The attributes of each item are those of the payload.")
            .get(of(TIMELINE, ""))
            .column("org_id", &["77"; 5])
            .column("account", &["a"; 5])
            .column("inventory_id", &["i"; 5])
            .column("system_id", &["s"; 5])
            .column("request_id", &[TIMELINE; 5])
            .get(of(MOVED, ""))
            .column("org_id", &["new"; 3]),
        case("Its messages are whole, however long.")
            .get(of(LONG, ""))
            .at("/data/0/status_msg", json!(long_message()))
            .holds("it is longer than what a list shows", |answer| answer.first()["status_msg"].as_str().is_some_and(|text| text.len() > CUT)),
        case("`verbosity` 0, the default, shows all fields.")
            .get(of(CANONICAL, "verbosity=0&sort_by=status_msg"))
            .fields("/data/0", &["id", "service", "source", "account", "org_id", "request_id", "created_at", "status", "status_msg", "date"])
            .get(of(CANONICAL, "sort_by=status_msg"))
            .fields("/data/0", &["id", "service", "source", "account", "org_id", "request_id", "created_at", "status", "status_msg", "date"]),
        case("`verbosity` 1 shows `service`, `status`, `inventory_id`, `date` and `status_msg`.")
            .get(of(TIMELINE, "verbosity=1&sort_by=status_msg"))
            .fields("/data/0", &["service", "status", "inventory_id", "date", "status_msg"]),
        case("`verbosity` 2 shows `service`, `status` and `date`.")
            .get(of(TIMELINE, "verbosity=2&sort_by=status_msg"))
            .fields("/data/0", &["service", "status", "date"]),
        case("Another `verbosity` is a 400.")
            .get(of(TIMELINE, "verbosity=3"))
            .refuses(400, "verbosity must be one of 0, 1, 2")
            .get(of(TIMELINE, "verbosity=-1"))
            .refuses(400, "verbosity must be one of 0, 1, 2"),
        case("`page` and `page_size` are ignored here.")
            .get(of(TIMELINE, "page=3&page_size=1"))
            .column("status", &["received", "error", "success", "received", "received"])
            .get(of(TIMELINE, "page=x&page_size=0"))
            .column("service", &["engine", "puptoo", "puptoo", "puptoo", "puptoo"]),
        case("The status of a part of an upload shows the same fields as any other, and `part` with `parts=true`.")
            .get(of(UPLOAD, ""))
            .fields("/data/0", &["id", "service", "org_id", "request_id", "created_at", "status", "date"])
            .at("/data/0/request_id", UPLOAD)
            .get(of(UPLOAD, "parts=false"))
            .without("/data/0/part")
            .get(of(UPLOAD, "parts=true"))
            .at("/data/0/part", PART)
            .get(of(TIMELINE, "parts=true"))
            .without("/data/0/part"),
    ]
}

fn sorting() -> Vec<Case> {
    let directions = [("asc", Ascending), ("desc", Descending)];
    let by = |case: Case, key: &'static str, verbosity: u32| {
        directions.iter().fold(case, |case, (name, direction)| {
            let case =
                case.get(of(TIMELINE, &format!("sort_by={key}&sort_dir={name}&verbosity={verbosity}")));
            // Where all items have the same id, ties may be in any order.
            case.holds("all are there", |answer| answer.items().len() == 5).ordered(key, *direction)
        })
    };
    let keys = KEYS.iter().fold(
        case("Statuses are sorted by `date`, `service`, `source`, `status`, `status_msg` and `created_at`, in both directions."),
        |case, key| by(case, key, 0),
    );
    let attributes = ATTRIBUTES.iter().fold(
        case("`sort_by` may also be `request_id`, `account`, `org_id`, `inventory_id` or `system_id`, which are the same in each item."),
        |case, key| by(case, key, 0),
    );
    let all = KEYS.iter().chain(&ATTRIBUTES).flat_map(|key| (0..=2).map(move |verbosity| (*key, verbosity)));
    let all = all.fold(
        case("Each `verbosity` goes with each `sort_by` and each `sort_dir`."),
        |case, (key, verbosity)| by(case, key, verbosity),
    );
    vec![
        case("Statuses are sorted by `date` unless told otherwise, and the latest comes first.")
            .get(of(TIMELINE, ""))
            .ordered("date", Descending)
            .get(of(TIMELINE, "sort_dir=asc"))
            .ordered("date", Ascending),
        keys,
        attributes,
        all,
    ]
}

fn durations() -> Vec<Case> {
    let expected = json!({"engine:undefined": "00:00:00.000000", "puptoo:inventory": "00:00:05.625000",
        "puptoo:undefined": "00:00:09.970000", "total_time": "00:00:12.604000",
        "total_time_in_services": "00:00:15.595000"});
    let queries =
        ["verbosity=1", "verbosity=2&sort_by=status&sort_dir=asc", "page=3&page_size=1", "parts=true"];
    let whatever = queries.iter().fold(
        case("Durations depend neither on `verbosity` nor on the order, nor on paging."),
        |case, query| case.get(of(TIMELINE, query)).at("/duration", expected.clone()),
    );
    vec![
        case("`duration` has `service:source`, and `service:undefined` without a source, for the time from its first to its last status.")
            .get(of(TIMELINE, ""))
            .fields("/duration", &["engine:undefined", "puptoo:inventory", "puptoo:undefined", "total_time", "total_time_in_services"])
            .at("/duration/puptoo:inventory", "00:00:05.625000")
            .at("/duration/puptoo:undefined", "00:00:09.970000"),
        case("`total_time_in_services` is the sum of those, and `total_time` the time from the very first to the very last.")
            .get(of(TIMELINE, ""))
            .at("/duration/total_time_in_services", "00:00:15.595000")
            .at("/duration/total_time", "00:00:12.604000"),
        case("A duration is `HH:MM:SS.ffffff`, and its hours go on after 24.")
            .get(of(BARE, ""))
            .at("/duration/total_time", "00:00:00.000000")
            .get(of(LONG, ""))
            .at("/duration/total_time", "100:01:01.000000"),
        case("The keys of `duration` are sorted.").get(of(TIMELINE, "")).holds("they are", |answer| {
            let keys = ["engine:undefined", "puptoo:inventory", "puptoo:undefined", "total_time\"", "total_time_in_services"];
            keys.map(|key| answer.text.find(key)).is_sorted()
        }),
        whatever,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn payload() {
    Served::start(&[]).await.hold(cases()).await;
}
