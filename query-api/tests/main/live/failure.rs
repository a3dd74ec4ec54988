//! Failures: filtered, and gone on with.

use serde_json::json;

use super::client::Client;
use super::served::Served;
use super::{id, said};

fn failures(arguments: &str) -> String {
    format!(
        "subscription {{ failures({arguments}) {{ ... on NewFailure {{ cursor status {{ requestId }} }} ... on Resync {{ reason }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_filtered_and_each_is_told_once_to_who_comes_back() {
    let served = Served::start(&[]).await;
    let wanted = "filter: {service: {eq: \"puptoo\"}}";
    let mut client = Client::connect(served.address).await;
    client.subscribe("f", &failures(wanted)).await;
    client.subscribe("q", "{ __typename }").await;
    assert_eq!(client.data().await, json!({"__typename": "Query"}));
    client.is_complete("q").await;
    let failed = |number, service| said(number, service, "error");
    served
        .log
        .tell(
            0,
            &[failed(1, "engine"), failed(2, "puptoo"), said(3, "puptoo", "success"), failed(4, "puptoo")],
        )
        .await;
    let first = client.data().await["failures"].clone();
    assert_eq!(first["status"]["requestId"], id(2));
    drop(client);
    served.log.tell(1, &[failed(5, "engine"), failed(6, "puptoo")]).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("f", &failures(&format!("{wanted}, after: {}", first["cursor"]))).await;
    for number in [4, 6] {
        assert_eq!(client.data().await["failures"]["status"]["requestId"], id(number));
    }
}
