//! `/payloads`.

use serde_json::json;

use crate::answer::Direction::{Ascending, Descending};
use crate::case::{Case, case};
use crate::served::Served;
use crate::traffic::{BARE, CANONICAL, LONG, MOVED, PAYLOADS, TIED, TIMELINE};

const KEYS: [&str; 6] = ["created_at", "account", "org_id", "inventory_id", "system_id", "request_id"];

pub(crate) fn cases() -> Vec<Case> {
    let sorted = KEYS.iter().fold(
        case("`/payloads` is sorted by each of its keys, in both directions."),
        |case, key| {
            case.get(format!("/payloads?page_size=50&sort_by={key}&sort_dir=asc"))
                .counts(PAYLOADS)
                .sorted(key, Ascending)
                .get(format!("/payloads?page_size=50&sort_by={key}&sort_dir=desc"))
                .sorted(key, Descending)
        },
    );
    vec![
        case("An item of `/payloads` has `id` (a number), `request_id`, `account`, `org_id`, `inventory_id`, `system_id` and `created_at`; what is unknown is `\"\"`.")
            .get(format!("/payloads?request_id={BARE}"))
            .fields("/data/0", &["id", "request_id", "account", "org_id", "inventory_id", "system_id", "created_at"])
            .holds("id is a number", |answer| answer.first()["id"].is_u64())
            .at("/data/0/request_id", BARE)
            .at("/data/0/account", "")
            .at("/data/0/org_id", "")
            .at("/data/0/inventory_id", "")
            .at("/data/0/system_id", "")
            .get(format!("/payloads?request_id={TIMELINE}"))
            .at("/data/0/account", "a")
            .at("/data/0/org_id", "77")
            .at("/data/0/inventory_id", "i")
            .at("/data/0/system_id", "s"),
        case("`created_at` of a payload is the earliest `date` of its statuses.")
            .get(format!("/payloads?request_id={MOVED}"))
            .at("/data/0/created_at", "2026-08-19T00:00:10Z")
            .get(format!("/payloads?request_id={TIMELINE}"))
            .at("/data/0/created_at", "2026-08-22T10:00:00Z"),
        case("An attribute is that of the latest `date` that names one.")
            .get(format!("/payloads?request_id={MOVED}"))
            .at("/data/0/org_id", "new"),
        case("`/payloads` is sorted by `created_at` unless told otherwise.")
            .get("/payloads?page_size=50")
            .sorted("created_at", Descending)
            .get("/payloads?page_size=50&sort_dir=asc")
            .sorted("created_at", Ascending),
        sorted,
        case("`/payloads` is filtered by `account`, `org_id`, `inventory_id`, `system_id` and `request_id`.")
            .get("/payloads?account=b")
            .column("request_id", &[CANONICAL])
            .get("/payloads?org_id=tied&page_size=50")
            .counts(TIED)
            .get("/payloads?inventory_id=i")
            .column("request_id", &[TIMELINE])
            .get("/payloads?system_id=s")
            .column("request_id", &[TIMELINE])
            .get(format!("/payloads?request_id={MOVED}"))
            .column("org_id", &["new"]),
        case("`created_at_lt`, `_lte`, `_gt` and `_gte` of `/payloads` are about its creation.")
            .get("/payloads?created_at_lt=2026-08-10T00:00:00Z")
            .counts(0)
            .get("/payloads?created_at_lte=2026-08-10T00:00:00Z")
            .column("request_id", &[LONG])
            .get("/payloads?created_at_gt=2026-08-20T00:00:00Z&created_at_lt=2026-08-23T00:00:00Z")
            .column("request_id", &[TIMELINE, CANONICAL])
            .get("/payloads?created_at_gte=2026-08-20T00:00:00Z&created_at_lte=2026-08-20T00:00:00Z&page_size=50")
            .counts(TIED)
            .get("/payloads?created_at_gt=2026-08-20T00:00:00Z&created_at_lte=2026-08-20T00:00:00Z")
            .counts(0),
        case("`date_lt`, `_lte`, `_gt` and `_gte` of `/payloads` ask for those that have a status in between.")
            .get("/payloads?date_gt=2026-08-14T00:00:00Z&date_lt=2026-08-15T00:00:00Z")
            .finds_only(LONG)
            .get("/payloads?date_gte=2026-08-14T04:01:01Z&date_lte=2026-08-14T04:01:01Z")
            .finds_only(LONG)
            .get("/payloads?date_gt=2026-08-14T04:01:01Z&date_lt=2026-08-15T00:00:00Z")
            .counts(0)
            .get("/payloads?date_gt=2026-08-11T00:00:00Z&date_lt=2026-08-14T00:00:00Z")
            .counts(0),
    ]
}

impl Case {
    fn finds_only(self, request_id: &str) -> Self {
        self.at("/count", 1).at("/data/0/request_id", json!(request_id))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads() {
    Served::start(&[]).await.hold(cases()).await;
}
