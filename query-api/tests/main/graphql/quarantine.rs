//! What could not be decoded.

use serde_json::{Value, json};

use super::connection::{numbers, page};
use crate::access::{graphql, tenant};
use crate::api::{Api, message};
use crate::archive::associate;

/// A status, and messages that are none, for as many reasons.
async fn api() -> Api {
    let api = Api::unprojected().await;
    let values = [
        Some(message(1).with("org_id", "1").build()),
        Some(message(1).with("date", "never").with("org_id", "1").with("service", "puptoo").build()),
        Some(b"{".to_vec()),
        None,
        Some(message(2).with("service", "").build()),
        Some(message(2).with("date", "never").build()),
    ];
    api.append(&values).await;
    api.project(values.len()).await;
    api
}

const ALL: &str =
    "totalCount nodes { number reason detail stream offset topic partition requestId service createdAt }";

#[tokio::test]
async fn a_message_that_cannot_be_decoded_says_why_and_where_it_lies() {
    let api = api().await;
    let quarantine = page(&api, "quarantine", "(sortDir: ASC)", ALL).await;
    let id = |number| json!(format!("{number:032x}"));
    let expected = [
        (2, "DATE_UNPARSEABLE", id(1), json!("puptoo")),
        (3, "NOT_JSON", Value::Null, Value::Null),
        (4, "EMPTY_VALUE", Value::Null, Value::Null),
        (5, "SERVICE_MISSING", Value::Null, Value::Null),
        (6, "DATE_UNPARSEABLE", id(2), json!("ingress")),
    ];
    assert_eq!(quarantine["totalCount"], expected.len());
    for (node, (number, reason, request_id, service)) in
        quarantine["nodes"].as_array().unwrap().iter().zip(expected)
    {
        assert_eq!((&node["number"], &node["reason"]), (&json!(number), &json!(reason)), "{node}");
        assert_eq!((&node["topic"], &node["partition"]), (&json!("topic"), &json!(0)), "{node}");
        assert_eq!((&node["stream"], &node["offset"]), (&json!(1), &json!(number - 1)), "{node}");
        if reason != "SERVICE_MISSING" {
            assert_eq!((&node["requestId"], &node["service"]), (&request_id, &service), "{node}");
        }
        assert!(!node["detail"].as_str().unwrap().is_empty() && node["createdAt"].is_string(), "{node}");
    }
}

#[tokio::test]
async fn quarantine_is_filtered_by_what_indexes_have() {
    let api = api().await;
    let id = format!("{:032X}", 1);
    for (filter, expected) in [
        ("reason: {eq: DATE_UNPARSEABLE}", &[6, 2][..]),
        ("reason: {in: [DATE_UNPARSEABLE, NOT_JSON, TOO_DEEP]}", &[6, 3, 2]),
        ("reason: {in: []}", &[]),
        (&*format!("requestId: {{eq: \"{id}\"}}"), &[2]),
        (&*format!("requestId: {{eq: \"{id}\"}}, reason: {{eq: NOT_JSON}}"), &[]),
        ("stream: {eq: 1}", &[6, 5, 4, 3, 2]),
        ("stream: {in: [2, 3]}", &[]),
        ("createdAt: {gt: \"2000-01-01T00:00:00Z\"}", &[6, 5, 4, 3, 2]),
        ("createdAt: {lt: \"2000-01-01T00:00:00Z\"}", &[]),
    ] {
        let found =
            page(&api, "quarantine", &format!("(filter: {{{filter}}})"), "totalCount nodes { number }").await;
        assert_eq!(
            (numbers(&found), &found["totalCount"]),
            (expected.to_vec(), &json!(expected.len())),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn a_tenant_is_shown_nothing_of_quarantine() {
    let api = api().await.with(&["--access-policy", "identity"]);
    let query = format!("{{ quarantine(first: 9) {{ {ALL} pageInfo {{ hasNextPage }} }} }}");
    let nothing = json!({"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": false}});
    assert_eq!(graphql(&api, &query, &tenant("1")).await["data"]["quarantine"], nothing);
    assert_eq!(graphql(&api, &query, &associate()).await["data"]["quarantine"]["totalCount"], 5);
}
