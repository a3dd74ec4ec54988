//! How much an answer takes, whatever it is asked for.

use serde_json::{Value, json};
use testkit::MessageBuilder;

use super::explain::query;
use crate::access::{graphql, tenant};
use crate::api::{Api, ID};

const LONG: usize = 3 << 20;

/// Three messages, each with a text of 3 MiB in a field.
async fn with_long(field: &str) -> Api {
    let long = "x".repeat(LONG);
    let message = |second: u32| {
        let date = format!("2026-08-22T00:00:{second:02}Z");
        MessageBuilder::new(ID).with("status", "error").with("date", date).with(field, &*long)
    };
    Api::of(&[message(1), message(2), message(3)]).await
}

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn whole_messages_are_read_up_to_a_limit_and_the_rest_is_told() {
    let api = with_long("status_msg").await;
    let timeline = |fields: &str| query(&format!("statuses {{ totalCount nodes {{ {fields} }} }}"));
    let answer = api.graphql(&timeline("service statusMsg(full: true)")).await;
    assert_eq!(codes(&answer), ["LOG_LIMIT"; 3]);
    let refused = json!({"service": "ingress", "statusMsg": null});
    assert_eq!(
        answer["data"]["payload"]["statuses"],
        json!({"totalCount": 3, "nodes": [refused, refused, refused]})
    );
    // Their beginnings are always told, and who made them.
    let answer = api.graphql(&timeline("statusMsg payload { claims { claimant { statusMsg } } }")).await;
    assert_eq!(
        (codes(&answer), answer["data"]["payload"]["statuses"]["totalCount"].clone()),
        (vec![], json!(3))
    );
    let answer = api.graphql(&query("failure { reason }")).await;
    assert_eq!(answer["data"]["payload"]["failure"]["reason"].as_str().map(str::len), Some(LONG));
}

#[tokio::test]
async fn a_whole_text_counts_wherever_it_stands() {
    let api = with_long("status_msg").await;
    let answer = api.graphql(&query("failure { one: reason two: reason three: reason }")).await;
    assert_eq!(codes(&answer), ["LOG_LIMIT"]);
    let failure = &answer["data"]["payload"]["failure"];
    assert_eq!((failure["two"].as_str().map(str::len), &failure["three"]), (Some(LONG), &Value::Null));
    let event = "one: value(full: true) two: value(full: true) three: value(full: true)";
    let answer =
        api.graphql(&query(&format!("statuses(first: 1) {{ nodes {{ event {{ {event} }} }} }}"))).await;
    assert_eq!(codes(&answer), ["LOG_LIMIT"]);
}

#[tokio::test]
async fn what_is_read_to_be_decoded_counts_with_all_that_it_holds() {
    let api = with_long("nobody_reads_this").await;
    let answer =
        api.graphql(&query("explain { outcome } statuses(first: 1) { nodes { event { value } } }")).await;
    assert_eq!((codes(&answer), &answer["data"]["payload"]["explain"]), (vec!["LOG_LIMIT"], &Value::Null));
    // What is refused isn't read, so it leaves room for what is asked next.
    assert!(answer["data"]["payload"]["statuses"]["nodes"][0]["event"]["value"].is_string(), "{answer}");
}

// Seen to fail with the payload of a status that is folded anew.
#[tokio::test]
async fn a_payload_of_the_past_is_read_once_also_for_its_statuses() {
    let long = MessageBuilder::new(ID).with("nobody_reads_this", "x".repeat(5 << 20));
    let api = Api::of(&[long]).await;
    let fields = query("statuses { nodes { payload { statusCount outcome } } }");
    let then = fields.replacen("\") {", "\", asOf: {time: \"2999-01-01T00:00:00Z\"}) {", 1);
    let answer = api.graphql(&then).await;
    let payload = json!({"statusCount": 1, "outcome": "IN_PROGRESS"});
    assert_eq!(answer, json!({"data": {"payload": {"statuses": {"nodes": [{"payload": payload}]}}}}));
}

/// The payload by an event of the log.
fn by(offset: u32, fields: &str) -> String {
    as_of(&format!("{{positions: [{{stream: 1, offset: {offset}}}]}}"), fields)
}

fn as_of(point: &str, fields: &str) -> String {
    query(fields).replacen("\") {", &format!("\", asOf: {point}) {{"), 1)
}

// Seen to fail with what came since, of statuses and of quarantine.
#[tokio::test]
async fn of_a_payload_of_the_past_only_what_there_was_counts() {
    let api = with_long("nobody_reads_this").await;
    let later = format!(
        "insert into projection_1.quarantine (stream_id, record_offset, id, request_id, reason, detail, created_at)
            select 1, 10 + number, 10 + number, '{ID}', 'not_json', '', now() from generate_series(1, 17000) as number"
    );
    api.database.client().await.unwrap().batch_execute(&later).await.unwrap();
    let told = json!({"data": {"payload": {"statusCount": 2}}});
    assert_eq!(api.graphql(&by(1, "statusCount")).await, told);
    let nothing = api.graphql(&as_of("{time: \"2000-01-01T00:00:00Z\"}", "statusCount")).await;
    assert_eq!(nothing, json!({"data": {"payload": null}}));
    assert_eq!(codes(&api.graphql(&by(2, "statusCount")).await), ["LOG_LIMIT"]);
    let page = |offset: u32| {
        let as_of = format!("asOf: {{positions: [{{stream: 1, offset: {offset}}}]}}");
        format!("{{ payloads(sortBy: REQUEST_ID, {as_of}) {{ nodes {{ statusCount }} }} }}")
    };
    let told = json!({"data": {"payloads": {"nodes": [{"statusCount": 2}]}}});
    assert_eq!(api.graphql(&page(1)).await, told);
    assert_eq!(codes(&api.graphql(&page(2)).await), ["LOG_LIMIT"]);
}

#[tokio::test]
async fn to_a_tenant_too_only_what_there_was_counts() {
    let message = |second: u32| {
        let date = format!("2026-08-22T00:00:{second:02}Z");
        let message = MessageBuilder::new(ID).with("status_msg", "x".repeat(LONG)).with("date", date);
        message.with("org_id", "1")
    };
    let api = Api::of(&[message(1), message(2), message(3)]).await.with(&["--access-policy", "identity"]);
    let told = graphql(&api, &by(1, "statusCount"), &tenant("1")).await;
    assert_eq!(told, json!({"data": {"payload": {"statusCount": 2}}}));
    assert_eq!(codes(&graphql(&api, &by(2, "statusCount"), &tenant("1")).await), ["LOG_LIMIT"]);
}

// Seen to fail (all of them are read) without an end of what is passed.
#[tokio::test]
async fn what_there_was_is_looked_for_among_so_many_messages_and_no_more() {
    let api = Api::of(&[MessageBuilder::new(ID)]).await;
    let later = |from: u32, to: u32| {
        format!(
            "insert into projection_1.statuses (id, date, created_at, record_offset, stream_id, request_id, service, status)
                select number, '2026-08-22', '2999-08-22', number, 1, '{ID}', 'ingress', 'received'
                from generate_series({from}, {to}) as number;
            analyze projection_1.statuses"
        )
    };
    let (client, ask) = (api.database.client().await.unwrap(), by(0, "statusCount"));
    client.batch_execute(&later(1_001, 200_998)).await.unwrap();
    let quarantined = |number: u32| {
        format!(
            "insert into projection_1.quarantine (stream_id, record_offset, id, request_id, reason, detail, created_at)
                values (1, {number}, {number}, '{ID}', 'not_json', '', '2999-08-22')"
        )
    };
    client.batch_execute(&quarantined(300_000)).await.unwrap();
    assert_eq!(api.graphql(&ask).await, json!({"data": {"payload": {"statusCount": 1}}}));
    client.batch_execute(&quarantined(300_001)).await.unwrap();
    assert_eq!(codes(&api.graphql(&ask).await), ["NO_INDEX"]);
}

#[tokio::test]
async fn a_status_is_told_though_its_payload_takes_too_much() {
    let api = with_long("nobody_reads_this").await;
    let past = "statuses(first: 1, asOf: {time: \"2999-01-01T00:00:00Z\"})";
    let answer = api.graphql(&format!("{{ {past} {{ nodes {{ service payload {{ outcome }} }} }} }}")).await;
    assert_eq!(codes(&answer), ["LOG_LIMIT"]);
    assert_eq!(answer["data"]["statuses"]["nodes"], json!([{"service": "ingress", "payload": null}]));
}

#[tokio::test]
async fn of_services_and_conflicts_so_many_are_told() {
    let said = |second: u32, service: &str| {
        let date = format!("2026-08-22T00:00:{second:02}Z");
        let message = MessageBuilder::new(ID).with("service", service).with("date", date);
        message.with("org_id", second.to_string())
    };
    let api = Api::of(&[said(1, "a"), said(2, "b"), said(3, "c")]).await;
    let fields = "services(first: 2) { service } conflicts(first: 1) { value }";
    let told = json!({"services": [{"service": "a"}, {"service": "b"}], "conflicts": [{"value": "2"}]});
    assert_eq!(api.graphql(&query(fields)).await["data"]["payload"], told);
    let then = query(fields).replacen("\") {", "\", asOf: {time: \"2999-01-01T00:00:00Z\"}) {", 1);
    assert_eq!(api.graphql(&then).await["data"]["payload"], told, "as it was");
    let all = api.graphql(&query("services { service } conflicts { value }")).await;
    let count = |field: &str| all["data"]["payload"][field].as_array().map(Vec::len);
    assert_eq!((count("services"), count("conflicts")), (Some(3), Some(2)));
}

#[tokio::test]
async fn a_filter_without_a_value_is_refused() {
    let api = Api::of(&[MessageBuilder::new(ID)]).await;
    for filter in ["orgId: {eq: $none}", "orgId: {}", "outcome: {in: null}"] {
        let text = format!("query($none: String) {{ payloads(filter: {{{filter}}}) {{ totalCount }} }}");
        let text = if filter.contains("$none") { text } else { text.replace("query($none: String) ", "") };
        let answer = api.graphql(&text).await;
        assert_eq!(
            (codes(&answer), &answer["data"]),
            (vec!["BAD_REQUEST"], &Value::Null),
            "{filter}: {answer}"
        );
    }
}

#[tokio::test]
async fn more_kinds_than_are_summed_up_are_refused() {
    let services: Vec<_> = (0..2_001)
        .map(|number| MessageBuilder::new(ID).with("service", format!("service-{number}")))
        .collect();
    let api = Api::of(&services).await;
    let window = "window: {from: \"2026-08-22T00:00:00Z\", to: \"2026-08-23T00:00:00Z\"}";
    for list in [
        "services(first: 1) { nodes { service } }".to_owned(),
        format!("stats({window}) {{ services {{ service }} }}"),
    ] {
        let answer = api.graphql(&format!("{{ {list} }}")).await;
        assert_eq!(codes(&answer), ["NO_INDEX"], "{list}: {answer}");
    }
}
