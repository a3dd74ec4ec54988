//! What both lists have in common.

use serde_json::json;

use crate::answer::Direction::{Ascending, Descending};
use crate::case::{Case, case};
use crate::served::Served;
use crate::traffic::{CANONICAL, DASHED, PAYLOADS, STATUSES, TIED, TIMELINE};

const SIZES: &str = "page_size must be a number from 1 to 10000";

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("A list is `{\"count\", \"elapsed\", \"data\"}`: how many there are, the seconds it took, and the items of the page.")
            .get("/payloads")
            .fields("", &["count", "elapsed", "data"])
            .holds("elapsed is some part of a minute", |answer| {
                answer.json()["elapsed"].as_f64().is_some_and(|elapsed| elapsed > 0.0 && elapsed < 60.0)
            })
            .get("/statuses")
            .fields("", &["count", "elapsed", "data"]),
        case("`count` is exact for the filters, and ignores paging.")
            .get("/payloads?org_id=tied&page_size=3&page=2")
            .at("/count", TIED)
            .get("/statuses?service=ingress&page=1&page_size=1")
            .at("/count", TIED + 4)
            .get("/statuses?page=90")
            .at("/count", STATUSES),
        case("`data` is always an array: where there is nothing it is `[]`, and `count` is 0.")
            .get("/payloads?org_id=nobody")
            .at("/data", json!([]))
            .at("/count", 0)
            .get("/statuses?service=nobody")
            .at("/data", json!([]))
            .at("/count", 0),
        case("`page` counts from 0, and is 0 by default.")
            .get("/payloads?org_id=77&page=0")
            .column("request_id", &[TIMELINE])
            .get("/payloads?org_id=77")
            .column("request_id", &[TIMELINE])
            .get("/payloads?org_id=77&page=1")
            .column("request_id", &[]),
        case("`page_size` is 10 by default, at least 1, and at most `MAX_PAGE_SIZE` (10,000).")
            .get("/payloads")
            .holds("there are ten", |answer| answer.items().len() == 10)
            .get("/statuses?page_size=1")
            .holds("there is one", |answer| answer.items().len() == 1)
            .get("/payloads?page_size=10000")
            .counts(PAYLOADS)
            .get("/statuses?page_size=10000")
            .counts(STATUSES),
        case("A negative `page` is a 400.")
            .get("/payloads?page=-1")
            .refuses(400, "page must be a number from 0"),
        case("A `page_size` of 0, of -1, or over the maximum is a 400.")
            .get("/payloads?page_size=0")
            .refuses(400, SIZES)
            .get("/payloads?page_size=-1")
            .refuses(400, SIZES)
            .get("/statuses?page_size=10001")
            .refuses(400, SIZES),
        case("An unknown `sort_by` is a 400 that names the known ones.")
            .get("/payloads?sort_by=id")
            .refuses(400, "sort_by must be one of account, org_id, inventory_id, system_id, created_at, request_id")
            .get("/statuses?sort_by=org_id")
            .refuses(400, "sort_by must be one of service, source, request_id, status, status_msg, date, created_at")
            .get(format!("/payloads/{TIMELINE}?sort_by=Date"))
            .refuses(400, "sort_by must be one of service, source, status, status_msg, date, created_at, request_id, account, org_id, inventory_id, system_id"),
        case("`sort_dir` is `desc` (the default) or `asc`; anything else is a 400 `sort_dir must be one of asc, desc`.")
            .get("/payloads?page_size=50&sort_dir=desc")
            .sorted("created_at", Descending)
            .get("/payloads?page_size=50&sort_dir=asc")
            .sorted("created_at", Ascending)
            .get("/statuses?sort_dir=DESC")
            .refuses(400, "sort_dir must be one of asc, desc")
            .get(format!("/payloads/{TIMELINE}?sort_dir=up"))
            .refuses(400, "sort_dir must be one of asc, desc"),
        case("Ties are broken by `id`, in the same direction.")
            .get("/payloads?org_id=tied&page_size=50")
            .sorted("created_at", Descending)
            .get("/payloads?org_id=tied&page_size=50&sort_by=org_id&sort_dir=asc")
            .sorted("org_id", Ascending)
            .get("/statuses?org_id=tied&page_size=50&sort_by=status")
            .sorted("status", Descending),
        case("A filter matches exactly, and where there are several all must hold.")
            .get("/payloads?org_id=7")
            .counts(0)
            .get("/payloads?account=A")
            .counts(0)
            .get("/payloads?org_id=77&account=a")
            .counts(1)
            .get("/payloads?org_id=77&account=b")
            .counts(0)
            .get("/statuses?org_id=77&source=inventory&status=success")
            .counts(1),
        case("`request_id` is a filter by any form of an id.")
            .get(format!("/payloads?request_id={DASHED}"))
            .column("request_id", &[CANONICAL])
            .get(format!("/payloads?request_id={}", CANONICAL.to_uppercase()))
            .column("request_id", &[CANONICAL])
            .get(format!("/statuses?request_id={}", DASHED.to_uppercase()))
            .counts(3)
            .get("/statuses?request_id=nope")
            .counts(0),
        case("Times are shown in UTC with a `Z`, and microseconds without zeros at the end.")
            .get(format!("/statuses?request_id={CANONICAL}&sort_dir=asc"))
            .column("date", &["2026-08-22T09:00:00Z", "2026-08-22T09:00:01.5Z", "2026-08-22T09:00:02.00001Z"])
            .get(format!("/payloads?request_id={CANONICAL}"))
            .column("created_at", &["2026-08-22T09:00:00Z"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn lists() {
    Served::start(&[]).await.hold(cases()).await;
}
