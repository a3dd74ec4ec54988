//! `/statuses`.

use serde_json::json;

use crate::answer::Direction::{Ascending, Descending};
use crate::case::{Case, case};
use crate::served::Served;
use crate::traffic::{BARE, CANONICAL, CUT, LONG, STATUSES, TIED, TIMELINE, long_message};

const KEYS: [&str; 7] = ["date", "service", "source", "request_id", "status", "status_msg", "created_at"];

pub(crate) fn cases() -> Vec<Case> {
    let sorted = KEYS.iter().fold(
        case("`/statuses` is sorted by each of its keys, in both directions."),
        |case, key| {
            case.get(format!("/statuses?page_size=50&sort_by={key}&sort_dir=asc"))
                .counts(STATUSES)
                .sorted(key, Ascending)
                .get(format!("/statuses?page_size=50&sort_by={key}&sort_dir=desc"))
                .sorted(key, Descending)
        },
    );
    vec![
        case("An item of `/statuses` has `id` (a text, of its own), `request_id`, `service`, `source`, `status`, `status_msg`, `date` and `created_at`; what is unknown is left out.")
            .get(format!("/statuses?request_id={CANONICAL}&service=puptoo"))
            .fields("/data/0", &["id", "request_id", "service", "source", "status", "status_msg", "date", "created_at"])
            .at("/data/0/request_id", CANONICAL)
            .at("/data/0/service", "puptoo")
            .at("/data/0/source", "inventory")
            .at("/data/0/status", "success")
            .at("/data/0/status_msg", "Done")
            .at("/data/0/date", "2026-08-22T09:00:01.5Z")
            .get(format!("/statuses?request_id={BARE}"))
            .fields("/data/0", &["id", "request_id", "service", "status", "date", "created_at"])
            .get("/statuses?page_size=50")
            .holds("each id is a text, and there once", |answer| {
                let mut ids = answer.column("id");
                ids.sort();
                ids.dedup();
                answer.items().iter().all(|item| item["id"].is_string()) && ids.len() == answer.items().len()
            }),
        case("Statuses without a source are listed as all others.")
            .get("/statuses?service=engine")
            .counts(1)
            .without("/data/0/source"),
        case("`date` is when it happened, and `created_at` when it was recorded.")
            .get(format!("/statuses?request_id={BARE}"))
            .at("/data/0/date", "2026-08-18T00:00:01Z")
            .holds("it was recorded just now", |answer| {
                let recorded = answer.first()["created_at"].as_str().and_then(|time| time.parse().ok());
                let age = recorded.map(|time: chrono::DateTime<chrono::Utc>| chrono::Utc::now() - time);
                age.is_some_and(|age| age.num_minutes() < 10)
            }),
        case("`/statuses` is sorted by `date` unless told otherwise.")
            .get("/statuses?page_size=50")
            .sorted("date", Descending)
            .get("/statuses?page_size=50&sort_dir=asc")
            .sorted("date", Ascending),
        sorted,
        case("`/statuses` is filtered by `service`, `source` and `status`, in any case.")
            .get("/statuses?service=PupToo&page_size=50")
            .counts(6)
            .get("/statuses?source=INVENTORY")
            .counts(3)
            .get("/statuses?status=Success")
            .counts(5)
            .get("/statuses?service=puptoo&source=inventory&status=SUCCESS")
            .counts(2),
        case("`/statuses` is filtered by `status_msg`, all of it, and in its own case.")
            .get("/statuses?status_msg=boom")
            .counts(1)
            .get("/statuses?status_msg=Boom")
            .counts(0)
            .get("/statuses?status_msg=boo")
            .counts(0)
            .get("/statuses?status_msg=Done")
            .counts(1)
            .get(format!("/statuses?status_msg={}", long_message()))
            .counts(1)
            .get(format!("/statuses?status_msg={}", &long_message()[..CUT - 1]))
            .counts(0),
        case("`/statuses` is filtered by `request_id`, `account`, `org_id`, `inventory_id` and `system_id` of the payload.")
            .get(format!("/statuses?request_id={TIMELINE}"))
            .counts(5)
            .get("/statuses?account=b")
            .counts(3)
            .get("/statuses?org_id=tied&page_size=50")
            .counts(TIED)
            .get("/statuses?inventory_id=i")
            .counts(5)
            .get("/statuses?system_id=s&service=engine")
            .counts(1),
        case("`date_lt`, `_lte`, `_gt` and `_gte` of `/statuses` are about when it happened.")
            .get("/statuses?date_lt=2026-08-14T04:01:01Z")
            .counts(1)
            .get("/statuses?date_lte=2026-08-14T04:01:01Z")
            .counts(2)
            .get("/statuses?date_gt=2026-08-22T10:00:06.625Z&date_lt=2026-08-23T00:00:00Z&sort_dir=asc")
            .column("date", &["2026-08-22T10:00:09.97Z", "2026-08-22T10:00:12.604Z"])
            .get("/statuses?date_gte=2026-08-22T10:00:06.625Z&date_lt=2026-08-22T10:00:09Z")
            .column("date", &["2026-08-22T10:00:06.625Z"]),
        case("`created_at_lt`, `_lte`, `_gt` and `_gte` of `/statuses` are about when it was recorded.")
            .get("/statuses?created_at_lt=2026-08-23T00:00:00Z")
            .counts(0)
            .get("/statuses?created_at_lte=2026-08-23T00:00:00Z")
            .counts(0)
            .get("/statuses?created_at_gt=2026-08-23T00:00:00Z&page_size=50")
            .counts(STATUSES)
            .get("/statuses?created_at_gte=2026-08-23T00:00:00Z&page_size=50")
            .counts(STATUSES),
        case("A list shows the first 4,096 bytes of a `status_msg`, cut between two characters, unless `full=true`.")
            .get(format!("/statuses?request_id={LONG}&status=success"))
            .at("/data/0/status_msg", json!(long_message()[..CUT - 1]))
            .get(format!("/statuses?request_id={LONG}&status=success&full=true"))
            .at("/data/0/status_msg", json!(long_message()))
            .get(format!("/statuses?request_id={LONG}&status=success&full=false"))
            .at("/data/0/status_msg", json!(long_message()[..CUT - 1])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses() {
    Served::start(&[]).await.hold(cases()).await;
}
