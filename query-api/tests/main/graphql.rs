//! GraphQL over the same queries.

mod bounds;
mod connection;
mod events;
mod explain;
mod filter;
mod id;
mod list;
mod past;
mod past_list;
mod payload;
mod persisted;
mod plan;
mod quarantine;
mod refusal;
mod stat;
mod statements;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use testkit::MessageBuilder;

use crate::api::{Api, ID, message};

fn two_payloads() -> Vec<MessageBuilder> {
    vec![
        MessageBuilder::new(ID).with("org_id", "77").with("status_msg", "first"),
        MessageBuilder::new(ID)
            .with("service", "puptoo")
            .with("status", "error")
            .with("date", "2026-08-22T05:00:00Z"),
        message(2).with("org_id", "88").with("date", "2026-08-23T00:00:00Z"),
    ]
}

#[tokio::test]
async fn a_payload_and_its_timeline_are_found_by_any_form_of_the_id() {
    let api = Api::of(&two_payloads()).await;
    let query = "{ payload(requestId: \"0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9\") { number requestId orgId account statusCount \
        latestService latestSource latestStatus createdAt lastDate inventoryId systemId statuses { nodes { service status statusMsg part } } } }";
    let timeline = json!([
        {"service": "ingress", "status": "received", "statusMsg": "first", "part": null},
        {"service": "puptoo", "status": "error", "statusMsg": null, "part": null},
    ]);
    let payload = json!({"number": 1, "requestId": ID, "orgId": "77", "account": null, "statusCount": 2, "latestService": "puptoo",
        "latestSource": null, "latestStatus": "error", "createdAt": "2026-08-22T04:17:03Z",
        "lastDate": "2026-08-22T05:00:00Z", "inventoryId": null, "systemId": null, "statuses": {"nodes": timeline}});
    assert_eq!(api.graphql(query).await, json!({"data": {"payload": payload}}));
}

#[tokio::test]
async fn an_unknown_payload_is_null() {
    let api = Api::of(&[]).await;
    for id in ["nope", "\\u0000"] {
        let answer = api.graphql(&format!("{{ payload(requestId: \"{id}\") {{ id }} }}")).await;
        assert_eq!(answer, json!({"data": {"payload": null}}));
    }
}

#[tokio::test]
async fn payloads_are_filtered() {
    let api = Api::of(&two_payloads()).await;
    let organisations = async |filter: &str| {
        let query = format!(
            "{{ payloads(filter: {{{filter}}}, sortBy: ORG_ID, sortDir: ASC) {{ nodes {{ orgId }} }} }}"
        );
        api.graphql(&query).await["data"]["payloads"]["nodes"].clone()
    };
    assert_eq!(organisations("").await, json!([{"orgId": "77"}, {"orgId": "88"}]));
    for (filter, found) in [
        ("orgId: {eq: \"88\"}", "88"),
        (&*format!("requestId: {{eq: \"{}\"}}", ID.to_uppercase()), "77"),
        ("createdAt: {gte: \"2026-08-23T02:00:00+02:00\"}", "88"),
        ("date: {gt: \"2026-08-22T04:30:00Z\", lt: \"2026-08-22T06:00:00Z\"}", "77"),
    ] {
        assert_eq!(organisations(filter).await, json!([{"orgId": found}]), "{filter}");
    }
}

#[tokio::test]
async fn statuses_are_filtered_sorted_and_paged() {
    let api = Api::of(&two_payloads()).await;
    let count = async |filter: &str| {
        let answer = api
            .graphql(&format!("{{ statuses(filter: {{{filter}}}) {{ totalCount nodes {{ id }} }} }}"))
            .await;
        let listed = answer["data"]["statuses"].clone();
        assert_eq!(listed["totalCount"], listed["nodes"].as_array().unwrap().len(), "{filter}");
        listed["totalCount"].clone()
    };
    assert_eq!(count("service: {eq: \"INGRESS\"}").await, 2);
    assert_eq!(count("orgId: {eq: \"77\"}").await, 2);
    assert_eq!(count("statusMsg: {eq: \"first\"}, status: {in: [\"received\", \"error\"]}").await, 1);
    let id = format!("requestId: {{eq: \"{ID}\"}}");
    assert_eq!(count(&format!("{id}, date: {{gte: \"2026-08-22T05:00:00Z\"}}")).await, 1);
    let answer =
        api.graphql("{ statuses(sortBy: SERVICE, sortDir: ASC, last: 1) { nodes { service } } }").await;
    assert_eq!(answer["data"]["statuses"]["nodes"], json!([{"service": "puptoo"}]));
}

#[tokio::test]
async fn a_bad_argument_is_refused_with_a_code() {
    let api = Api::of(&[]).await;
    for arguments in ["first: -1", "last: 10001", "filter: {orgId: {in: [\"a\", \"\\u0000\"]}}"] {
        let answer = api.graphql(&format!("{{ statuses({arguments}) {{ totalCount }} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{arguments}: {answer}");
    }
}

#[tokio::test]
async fn a_query_that_costs_too_much_is_refused_before_it_runs() {
    let api = Api::of(&two_payloads()).await;
    let many: String = (0..100)
        .map(|number| format!("a{number}: payloads {{ nodes {{ statuses {{ nodes {{ id service }} }} }} }} "))
        .collect();
    for query in
        [&*format!("{{ {many} }}"), "{ payloads(first: 10000) { nodes { statuses { nodes { id } } } } }"]
    {
        let answer = api.graphql(query).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_COSTLY", "{answer}");
    }
    let answer =
        api.graphql("{ payloads(first: 10000) { totalCount nodes { requestId latestStatus } } }").await;
    assert_eq!(answer["data"]["payloads"]["totalCount"], 2);
    let body = format!("{{\"query\":\"{}\"}}", "x".repeat(100_000));
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .header("content-length", body.len());
    assert_eq!(api.send(request.body(Body::from(body)).unwrap()).await.status, 413);
}
