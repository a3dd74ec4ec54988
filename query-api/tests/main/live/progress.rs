//! Whoever hears nothing is told up to where there was nothing to hear.

use serde_json::json;

use super::client::{Client, Told};
use super::resume::cursor;
use super::served::Served;
use super::{id, said};

fn listening(after: Option<&str>) -> String {
    let after = after.map_or_else(String::new, |cursor| format!(", after: \"{cursor}\""));
    format!(
        "subscription {{ statuses(filter: {{service: {{eq: \"rare\"}}}}{after}) {{ __typename \
        ... on NewStatus {{ cursor status {{ requestId }} }} ... on Resync {{ cursor }} ... on Progress {{ cursor }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_nothing_has_a_cursor_all_the_same_and_goes_on_behind_what_was_not_for_it() {
    let served = Served::start(&[]).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("s", &listening(None)).await;
    // So that it has begun.
    client.subscribe("q", "{ __typename }").await;
    assert_eq!(client.data().await, json!({"__typename": "Query"}));
    client.is_complete("q").await;
    let others: Vec<_> = (0..12).map(|number| said(number, "frequent", "received")).collect();
    served.log.tell(0, &others).await;
    let expected = cursor(&json!([1, 1, [[1, 12], [2, 0], [3, 0]]]));
    loop {
        let news = client.data().await["statuses"].clone();
        assert_eq!(news["__typename"], "Progress", "{news}");
        // The first may be from before they were folded.
        if news["cursor"] == expected {
            break;
        }
    }
    drop(client);
    served.log.tell(0, &[said(100, "rare", "received")]).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("s", &listening(Some(&expected))).await;
    let news = client.data().await["statuses"].clone();
    assert_eq!((&news["__typename"], &news["status"]["requestId"]), (&json!("NewStatus"), &json!(id(100))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_closed_when_it_is_as_old_as_it_may_be() {
    let served = Served::start(&["--graphql-max-socket-seconds", "1"]).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("s", &listening(None)).await;
    assert_eq!(client.told().await, Told::Closed(1001));
}
