//! Parameters that all routes understand alike.

use crate::case::{Case, case};
use crate::served::Served;
use crate::traffic::{BARE, PAYLOADS, STATUSES, TIED, TIMELINE};

const NO_TIME: &str = "invalid timestamp format provided";

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("Unknown parameters are ignored, whatever they hold.")
            .get("/payloads?unknown=%ff&%ff=1&=&&x&%zz&limit=1&service=puptoo")
            .at("/count", PAYLOADS)
            .get("/statuses?verbosity=9&a'b=c\"d")
            .at("/count", STATUSES)
            .get(format!("/payloads/{TIMELINE}?org_id=other&date_lt=never")),
        case("An empty value counts as absent.")
            .get("/payloads?account=&org_id=&page=&page_size=&sort_by=&sort_dir=&created_at_lt=&date_gt=")
            .at("/count", PAYLOADS)
            .get("/statuses?service=&source&full=&status_msg=")
            .at("/count", STATUSES)
            .get(format!("/payloads/{TIMELINE}?verbosity=&sort_by=&parts="))
            .get("/stats?stat="),
        case("Of a repeated parameter the first counts.")
            .get("/payloads?org_id=tied&org_id=77&sort_dir=asc&sort_dir=up")
            .at("/count", TIED)
            .get("/payloads?page_size=x&page_size=1")
            .status(400),
        case("A bad value of a known parameter is a 400, and its message says what is right.")
            .get("/payloads?page=x")
            .refuses(400, "page must be a number from 0")
            .get("/payloads?page=4294967296")
            .refuses(400, "page must be a number from 0")
            .get("/payloads?page=4294967295&page_size=10000")
            .counts_nothing_of(PAYLOADS)
            .get("/statuses?page_size=1.0")
            .refuses(400, "page_size must be a number from 1 to 10000")
            .get("/statuses?full=yes")
            .refuses(400, "full must be one of true, false")
            .get(format!("/payloads/{TIMELINE}?parts=1"))
            .refuses(400, "parts must be one of true, false"),
        case(
            "A time is RFC 3339, in any offset; anything else is a 400 `invalid timestamp format provided`.",
        )
        .get("/payloads?created_at_lte=2026-08-18T02:00:01%2B02:00&created_at_gte=2026-08-17T20:00:01-04:00")
        .column("request_id", &[BARE])
        .get("/statuses?date_lte=2026-08-18T00:00:01.000000Z&date_gte=2026-08-18T00:00:01z")
        .column("request_id", &[BARE])
        .get("/statuses?date_lt=0000-01-01T00:00:00Z")
        .counts(0)
        .get("/payloads?created_at_lt=yesterday")
        .refuses(400, NO_TIME)
        .get("/payloads?date_gt=2026-08-18")
        .refuses(400, NO_TIME)
        .get("/statuses?date_gte=2026-13-01T00:00:00Z")
        .refuses(400, NO_TIME)
        .get("/statuses?created_at_gt=1787356800")
        .refuses(400, NO_TIME),
        case("The `+` of an offset may come unencoded.")
            .get(
                "/payloads?created_at_lte=2026-08-18T02:00:01+02:00&created_at_gte=2026-08-18T02:00:01+02:00",
            )
            .column("request_id", &[BARE]),
        case("A value that isn't UTF-8, or that holds a NUL, is a 400.")
            .get("/payloads?org_id=%ff")
            .refuses(400, "org_id is not valid text")
            .get("/statuses?status_msg=%00")
            .refuses(400, "status_msg is not valid text")
            .get("/payloads/%ff")
            .refuses(400, "the id is not valid text"),
    ]
}

impl Case {
    /// A page after the last.
    fn counts_nothing_of(self, all: i64) -> Self {
        self.at("/count", all).at("/data", serde_json::json!([]))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters() {
    Served::start(&[]).await.hold(cases()).await;
}
