//! `/stats`.

use chrono::{TimeDelta, Utc};
use serde_json::json;

use crate::api::{Api, PREFIXES, message};

// Seen to fail without the bound of time.
#[tokio::test]
async fn services_are_told_by_how_they_did_with_the_payloads_of_the_last_day() {
    let of = |number, service: &str, status: &str, age: i64| {
        let date = (Utc::now() - TimeDelta::hours(24) + TimeDelta::minutes(age)).to_rfc3339();
        message(number).with("service", service).with("status", status).with("date", date)
    };
    let api = Api::of(&[
        of(1, "puptoo", "success", 10),
        of(2, "puptoo", "error", 10),
        of(3, "puptoo", "error", 10),
        of(3, "puptoo", "success", 11),
        of(4, "puptoo", "received", 10),
        of(5, "puptoo", "error", -10),
        of(1, "engine", "received", 20),
    ])
    .await;
    for prefix in PREFIXES {
        for query in ["", "?stat=", "?stat=SuccessRate"] {
            let answer = api.json(&format!("{prefix}/stats{query}")).await;
            let puptoo = json!({"success": 2, "failure": 1, "in_progress": 1, "success_rate": 2.0 / 3.0});
            let engine = json!({"success": 0, "failure": 0, "in_progress": 1});
            assert_eq!(answer["data"], json!({"puptoo": puptoo, "engine": engine}));
            assert_eq!(answer["message"], "how 2 services did with the payloads of the last 24 hours");
        }
    }
    let answer = api.get("/api/v1/stats?stat=successrate").await;
    assert_eq!(
        (answer.status.as_u16(), answer.text.contains("stat must be one of SuccessRate")),
        (400, true)
    );
}
