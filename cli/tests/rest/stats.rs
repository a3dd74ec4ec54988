//! `/stats`.

use serde_json::json;

use crate::case::{Case, case};
use crate::served::Served;

pub(crate) fn cases() -> Vec<Case> {
    let all = json!({
        "message": "how 2 services did with the payloads of the last 24 hours",
        "data": {
            "today": {"success": 1, "failure": 1, "in_progress": 1, "success_rate": 0.5},
            "waits": {"success": 0, "failure": 0, "in_progress": 1},
        },
    });
    vec![
        case("`/stats` is `{\"message\", \"data\"}`: a sentence, and for each service `success`, `failure` and `in_progress`.")
            .get("/stats")
            .is(all.clone()),
        case("`success_rate` is the share of what closed that closed well, and is left out where nothing has closed.")
            .get("/stats")
            .at("/data/today/success_rate", 0.5)
            .without("/data/waits/success_rate"),
        case("Statistics are of the payloads that were created in the last 24 hours.")
            .get("/stats")
            .at("/data/today/failure", 1)
            .without("/data/puptoo"),
        case("`stat` may be `SuccessRate`, which is the default; another is a 400.")
            .get("/stats?stat=SuccessRate")
            .is(all)
            .get("/stats?stat=successrate")
            .refuses(400, "stat must be one of SuccessRate"),
    ]
}

// Seen to fail with the bound of time at two days, and with a rate of nothing.
#[tokio::test(flavor = "multi_thread")]
async fn stats() {
    Served::start(&[]).await.hold(cases()).await;
}
