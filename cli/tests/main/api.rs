//! One message's way from a Kafka client to every answer.

use reqwest::Client;
use serde_json::{Value, json};
use testkit::{MessageBuilder, TestDatabase, wait_until};

use crate::service::{Service, database_environment};
use crate::topic::Topic;

pub(crate) const ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

/// One message for each form of a date that real producers send: RFC 3339, naive, with a space.
pub(crate) fn three_messages() -> Vec<Option<Vec<u8>>> {
    let forms = [
        ("ingress", "2026-08-22T04:17:03.219543817Z"),
        ("puptoo", "2026-08-22T04:17:04.5"),
        ("vulnerability", "2026-08-22 04:17:05.000001"),
    ];
    let message = |(service, date)| {
        MessageBuilder::new(ID).with("service", service).with("date", date).with("org_id", "77")
    };
    forms.map(|form| Some(message(form).build())).into()
}

/// The answer to a GET, once it satisfies.
pub(crate) async fn eventually(url: &str, what: &str, satisfies: impl Fn(&Value) -> bool) -> Value {
    wait_until(what, async || {
        let answer: Value = reqwest::get(url).await.ok()?.json().await.ok()?;
        satisfies(&answer).then_some(answer)
    })
    .await
}

/// Asserts that the three messages, and nothing else, are in every REST answer and in GraphQL.
pub(crate) async fn assert_three_messages(origin: &str) {
    for prefix in ["/api/v1", "/app/payload-tracker/api/v1"] {
        let base = format!("{origin}{prefix}");
        let statuses = eventually(&format!("{base}/statuses?sort_dir=asc"), "three statuses", |answer| {
            answer["count"] == 3
        })
        .await;
        let dates: Vec<_> =
            statuses["data"].as_array().unwrap().iter().map(|status| status["date"].clone()).collect();
        assert_eq!(
            dates,
            ["2026-08-22T04:17:03.219543Z", "2026-08-22T04:17:04.5Z", "2026-08-22T04:17:05.000001Z"]
        );
        let payloads =
            eventually(&format!("{base}/payloads?org_id=77"), "one payload", |answer| answer["count"] == 1)
                .await;
        assert_eq!(payloads["data"][0]["request_id"], ID);
        assert_eq!(payloads["data"][0]["created_at"], "2026-08-22T04:17:03.219543Z");
        let payload =
            eventually(&format!("{base}/payloads/{ID}"), "three", |answer| answer["data"][2].is_object())
                .await;
        assert_eq!(payload["duration"]["total_time"], "00:00:01.780458");
    }
    let query = format!(
        "{{ payload(requestId: \"{ID}\") {{ orgId statusCount latestService }} statuses {{ totalCount }} }}"
    );
    let answer = Client::new()
        .post(format!("{origin}/graphql"))
        .json(&json!({ "query": query }))
        .send()
        .await
        .unwrap();
    let expected = json!({"data": {"payload": {"orgId": "77", "statusCount": 3, "latestService": "vulnerability"},
        "statuses": {"totalCount": 3}}});
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_forms_of_a_date_come_out_on_all_endpoints() {
    let topic = Topic::create("forms", 4).await;
    let database = TestDatabase::create().await.unwrap();
    let port = embedded::free_port().unwrap();
    let environment =
        [database_environment(&database), topic.environment(), vec![("PUBLICPORT", port.to_string())]]
            .concat();
    let _services = ["ingest", "project", "serve"].map(|name| Service::start(name, &environment));
    topic.publish(three_messages()).await;
    assert_three_messages(&format!("http://127.0.0.1:{port}")).await;
}
