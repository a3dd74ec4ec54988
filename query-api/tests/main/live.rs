//! What subscribers hear over WebSocket.

mod client;
mod failure;
mod generation;
mod limit;
mod progress;
mod resume;
pub(crate) mod served;
mod tenant;

use serde_json::{Value, json};
use testkit::MessageBuilder;

use self::client::Client;
use self::served::Served;
use crate::api::message;

/// Everything of a status that tests look at.
const STATUSES: &str = "subscription { statuses { ... on NewStatus { cursor status { requestId service status } } ... on Resync { cursor reason } } }";

fn said(number: u32, service: &str, status: &str) -> MessageBuilder {
    message(number).with("service", service).with("status", status)
}

fn id(number: u32) -> String {
    format!("{number:032x}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_told_after_each_change_until_its_outcome() {
    let served = Served::start(&[]).await;
    let mut client = Client::connect(served.address).await;
    let query = format!(
        "subscription {{ payload(requestId: \"{}\") {{ outcome statusCount services {{ service state }} }} }}",
        id(1).to_uppercase()
    );
    client.subscribe("one", &query).await;
    assert_eq!(client.data().await, json!({"payload": null}), "there is none yet");
    served.log.tell(0, &[said(1, "ingress", "received")]).await;
    let open = json!([{"service": "ingress", "state": "OPEN"}]);
    let payload = |outcome: &str, count: u32, services: &Value| json!({"payload": {"outcome": outcome, "statusCount": count, "services": services}});
    assert_eq!(client.data().await, payload("IN_PROGRESS", 1, &open));
    // What is of others is no change.
    served.log.tell(0, &[said(2, "ingress", "received")]).await;
    served.log.tell(1, &[said(1, "ingress", "processing"), said(1, "ingress", "success")]).await;
    let good = json!([{"service": "ingress", "state": "GOOD"}]);
    assert_eq!(client.data().await, payload("SUCCESS", 3, &good));
    client.is_complete("one").await;
    // What is over already is told once.
    client.subscribe("one", &query).await;
    assert_eq!(client.data().await, payload("SUCCESS", 3, &good));
    client.is_complete("one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_told_as_they_come_and_only_those_that_are_wanted() {
    let served = Served::start(&[]).await;
    served.log.tell(0, &[said(9, "ingress", "received")]).await;
    let mut client = Client::connect(served.address).await;
    let of = |filter: &str| {
        format!(
            "subscription {{ statuses(filter: {{{filter}}}) {{ ... on NewStatus {{ status {{ requestId service }} }} }} }}"
        )
    };
    for (name, filter) in [
        ("all", String::new()),
        ("service", "service: {eq: \" PUPTOO\"}".to_owned()),
        ("status", "status: {in: [\"error\", \"success\"]}".to_owned()),
        ("id", format!("requestId: {{eq: \"{}\"}}", id(1).to_uppercase())),
        (
            "attributes",
            "orgId: {in: [\"7\"]}, account: {eq: \"a\"}, inventoryId: {eq: \"i\"}, systemId: {eq: \"s\"}"
                .to_owned(),
        ),
        ("source", "source: {eq: \"there\"}".to_owned()),
        ("nothing", "service: {in: []}".to_owned()),
    ] {
        client.subscribe(name, &of(&filter)).await;
    }
    let whole = said(3, "engine", "error").with("org_id", "7").with("account", "a");
    let whole = whole.with("inventory_id", "i").with("system_id", "s").with("source", "there");
    served.log.tell(0, &[said(1, "ingress", "received"), said(2, "puptoo", "received"), whole]).await;
    served.log.tell(2, &[said(1, "puptoo", "success"), said(4, "end", "end")]).await;
    let mut heard: Vec<(String, String)> = Vec::new();
    while heard.iter().filter(|(name, _)| name == "all").count() < 5 || heard.len() < 5 + 2 + 2 + 2 + 1 + 1 {
        let client::Told::Message(message) = client.told().await else { panic!("it is closed") };
        let status = &message["payload"]["data"]["statuses"]["status"];
        let request = status["requestId"].as_str().unwrap_or_else(|| panic!("{message}"));
        let request = request.trim_start_matches('0');
        let what = format!("{request} {}", status["service"].as_str().unwrap());
        heard.push((message["id"].as_str().unwrap().to_owned(), what));
    }
    let of = |name: &str| -> Vec<&str> {
        heard.iter().filter(|one| one.0 == name).map(|one| one.1.as_str()).collect()
    };
    assert_eq!(of("all"), ["1 ingress", "2 puptoo", "3 engine", "1 puptoo", "4 end"]);
    assert_eq!(of("service"), ["2 puptoo", "1 puptoo"]);
    assert_eq!(of("status"), ["3 engine", "1 puptoo"]);
    assert_eq!(of("id"), ["1 ingress", "1 puptoo"]);
    assert_eq!((of("attributes"), of("source")), (vec!["3 engine"], vec!["3 engine"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_as_failed_is_told_with_why() {
    let served = Served::start(&[]).await;
    let mut client = Client::connect(served.address).await;
    let query = "subscription { failures { ... on NewFailure { status { service statusMsg } \
        payload { requestId outcome failure { service reason } } } } }";
    client.subscribe("failures", query).await;
    let failed = |number, why: &str, second: u32| {
        let date = format!("2026-08-22T04:17:{second:02}Z");
        said(number, "puptoo", "error").with("status_msg", why).with("date", date)
    };
    let recovered = said(2, "puptoo", "success").with("date", "2026-08-22T04:17:30Z");
    // The second goes well in the end, and the first fails anew by what was said earlier.
    served
        .log
        .tell(
            0,
            &[
                said(1, "ingress", "success"),
                failed(2, "not yet", 20),
                recovered,
                failed(1, "too large", 20),
                failed(1, "late", 10),
                said(3, "ingress", "received"),
            ],
        )
        .await;
    served.log.tell(1, &[failed(3, "at last", 40)]).await;
    let payload = |number, reason: &str| {
        let failure = json!({"service": "puptoo", "reason": reason});
        json!({"failures": {"status": {"service": "puptoo", "statusMsg": reason},
            "payload": {"requestId": id(number), "outcome": "FAILURE", "failure": failure}}})
    };
    assert_eq!(client.data().await, payload(1, "too large"));
    assert_eq!(client.data().await, payload(3, "at last"));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_are_told_when_the_service_stops() {
    let mut served = Served::start(&[]).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("all", STATUSES).await;
    served.log.tell(0, &[said(1, "ingress", "received")]).await;
    assert_eq!(client.data().await["statuses"]["status"]["requestId"], id(1));
    served.stop.cancel();
    assert_eq!(client.told().await, client::Told::Closed(1001));
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), served.tasks.join_next()).await;
    ended.expect("it ends").unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_answered_over_a_socket_too() {
    let served = Served::start(&[]).await;
    served.log.tell(0, &[said(1, "ingress", "received")]).await;
    let mut client = Client::connect(served.address).await;
    client.subscribe("q", "{ payloads { totalCount nodes { services { service } } } }").await;
    let payloads = json!({"payloads": {"totalCount": 1, "nodes": [{"services": [{"service": "ingress"}]}]}});
    assert_eq!(client.data().await, payloads);
    client.is_complete("q").await;
    client.say(&json!({"type": "ping"})).await;
    assert_eq!(client.told().await, client::Told::Message(json!({"type": "pong"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_fresh_an_answer_is_is_told_with_where_to_listen_on() {
    let served = Served::start(&[]).await;
    served.log.tell(0, &[said(1, "ingress", "received")]).await;
    served.log.append(0, &[said(2, "ingress", "received"), said(3, "ingress", "received")]).await;
    let query = "{ freshness { generation lagRecords lag cursor \
        streams(first: 2) { stream topic partition lineage nextInLog nextFolded lagRecords } } \
        generations { number state isActive isPrevious shardCount isSame lagRecords caughtUpAt } }";
    let answer = served.api.graphql(query).await;
    let fresh = &answer["data"]["freshness"];
    assert_eq!((&fresh["generation"], &fresh["lagRecords"]), (&json!(1), &json!(2)), "{answer}");
    assert_ne!(fresh["lag"], "PT0S");
    let stream = |number: u32, log: u32, folded: u32| {
        json!({"stream": number, "topic": "topic", "partition": number - 1, "lineage": 0, "nextInLog": log,
            "nextFolded": folded, "lagRecords": log - folded})
    };
    assert_eq!(fresh["streams"], json!([stream(1, 3, 1), stream(2, 0, 0)]));
    let generation = &answer["data"]["generations"][0];
    assert!(generation["caughtUpAt"].is_string(), "{answer}");
    let expected = json!({"number": 1, "state": "FOLLOWING", "isActive": true, "isPrevious": false, "shardCount": 2,
        "isSame": null, "lagRecords": 2, "caughtUpAt": generation["caughtUpAt"]});
    assert_eq!(*generation, expected);

    served.log.fold().await;
    let mut client = Client::connect(served.address).await;
    client
        .subscribe("on", &STATUSES.replace("statuses", &format!("statuses(after: {})", fresh["cursor"])))
        .await;
    for number in [2, 3] {
        assert_eq!(client.data().await["statuses"]["status"]["requestId"], id(number));
    }
}
