//! Why an answer is what it is.

use projector::{Shape, find_or_create, verify_pool_options};
use schema::RequestId;
use serde_json::{Value, json};
use testkit::MessageBuilder;

use crate::access::{graphql, tenant};
use crate::api::{Api, ID, message};
use crate::archive::associate;

const EXPLAIN: &str = "explain { outcome because \
    fields { name value rule givenBy { ...evidence } lostCount lost(first: 100) { value event { ...evidence } } } \
    services { service source state duration because partCount parts(first: 100) { part state because } } \
    quarantined { stream offset appendedAt reason detail } mismatches { table key what } }";
const EVIDENCE: &str =
    "fragment evidence on Evidence { stream offset date appendedAt service source part status }";

fn status(second: u32, service: &str, status: &str) -> MessageBuilder {
    let date = format!("2026-08-22T00:00:{second:02}Z");
    MessageBuilder::new(ID).with("service", service).with("status", status).with("date", date)
}

/// A payload that failed, with claims that lost, a part that recovered, and a message that says nothing.
pub(super) fn failed_payload() -> Vec<MessageBuilder> {
    vec![
        status(1, "ingress", "received").with("org_id", "1"),
        status(2, "ingress", "success").with("org_id", "1"),
        status(3, "inventory", "received").with("source", "s"),
        status(4, "inventory", "success").with("source", "s").with("inventory_id", "h1"),
        status(5, "inventory", "error")
            .with("source", "s")
            .with("inventory_id", "h2")
            .with("status_msg", "no such host"),
        status(6, "puptoo", "error").with("org_id", "2"),
        status(7, "puptoo", "success"),
        status(8, "puptoo", "x").with("date", "soon"),
    ]
}

pub(super) fn query(fields: &str) -> String {
    let fragment = if fields.contains("...evidence") { EVIDENCE } else { "" };
    format!("{{ payload(requestId: \"{ID}\") {{ {fields} }} }} {fragment}")
}

/// What the command line says, as GraphQL would.
pub(super) async fn told(api: &Api, point: Option<&str>) -> Result<Value, String> {
    let pool = api.database.pool(&verify_pool_options(1)).unwrap();
    let shape = Shape { request_id_length: 32, shard_count: 2 };
    let generation =
        find_or_create(&api.database.pool(&projector::pool_options()).unwrap(), shape).await.unwrap();
    let point = point.map(|point| point.parse().unwrap());
    let told = projector::explain(&pool, generation, &RequestId::lookup(ID), point.as_ref(), 64 << 20).await;
    let told = serde_json::to_value(told.map_err(|error| error.to_string())?).unwrap();
    let evidence = |event: &Value| {
        let mut event = event.clone();
        event["appendedAt"] = event.as_object_mut().unwrap().remove("appended_at").unwrap();
        event
    };
    let list = |list: &Value, item: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(item).collect()
    };
    let upper = |text: &Value| text.as_str().unwrap().to_uppercase();
    let lost = |one: &Value| json!({"value": one["value"], "event": evidence(&one["event"])});
    let field = |one: &Value| {
        let mut lost = list(&one["lost"], &lost);
        lost.reverse();
        json!({"name": one["name"], "value": one["value"], "rule": one["rule"], "givenBy": evidence(&one["given_by"]),
            "lostCount": lost.len(), "lost": lost})
    };
    let part =
        |one: &Value| json!({"part": one["part"], "state": upper(&one["state"]), "because": one["because"]});
    let service = |one: &Value| {
        let mut parts = list(&one["parts"], &part);
        parts.sort_by_key(|part| ["BAD", "OPEN", "GOOD"].iter().position(|state| part["state"] == *state));
        json!({"service": one["service"], "source": one["source"], "state": upper(&one["state"]),
            "duration": format!("PT{}S", one["seconds"].as_f64().unwrap()), "because": one["because"],
            "partCount": parts.len(), "parts": parts})
    };
    Ok(json!({"outcome": told["outcome"].as_str().map(str::to_uppercase), "because": told["because"],
        "fields": list(&told["fields"], &field), "services": list(&told["services"], &service),
        "quarantined": list(&told["quarantined"], &evidence),
        "mismatches": if point.is_some() { Value::Null } else { told["mismatches"].clone() }}))
}

pub(super) fn explain() -> &'static str {
    EXPLAIN
}

#[tokio::test]
async fn an_explanation_says_what_the_command_line_says() {
    let api = Api::of(&failed_payload()).await;
    let answer = api.graphql(&query(EXPLAIN)).await;
    assert_eq!(answer["errors"], Value::Null);
    let explained = &answer["data"]["payload"]["explain"];
    assert_eq!(*explained, told(&api, None).await.unwrap());
    let lists = ["because", "fields", "services", "quarantined", "mismatches"];
    assert_eq!(lists.map(|list| explained[list].as_array().unwrap().len()), [4, 5, 3, 1, 0]);
}

#[tokio::test]
async fn what_the_read_models_hold_wrongly_is_named() {
    let api = Api::of(&failed_payload()).await;
    let client = api.database.client().await.unwrap();
    client
        .batch_execute(
            "set search_path = projection_1;
            update payloads set outcome = 'success', account = 'x';
            update statuses set service = 'x' where record_offset = 0;
            update services set state = 'open' where service = 'puptoo';
            update parts set part = 'x' where part = 'h1';
            delete from parts where part = 'h2';
            update conflicts set date = now();",
        )
        .await
        .unwrap();
    let answer = api.graphql(&query("explain { outcome mismatches { table key what } }")).await;
    let explained = &answer["data"]["payload"]["explain"];
    assert_eq!(explained["outcome"], "FAILURE", "the log is believed: {answer}");
    let places = |mismatches: &Value| -> Vec<String> {
        let mut places: Vec<_> = mismatches
            .as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{} {}", one["table"], one["key"]))
            .collect();
        places.sort();
        places
    };
    let found = places(&explained["mismatches"]);
    // It compares with what the changed status folds to, so it finds more.
    let named = places(&told(&api, None).await.unwrap()["mismatches"]);
    let missed: Vec<_> = found.iter().filter(|place| !named.contains(place)).collect();
    assert_eq!((found.len(), missed.len()), (7, 0), "{found:#?} {named:#?}");
    let outcome =
        explained["mismatches"].as_array().unwrap().iter().find(|one| one["table"] == "payloads").unwrap();
    assert_eq!(outcome["what"], "the statuses say otherwise: account, outcome");
}

/// A payload of organisation 2, which had a status of 1 before, and one of 1.
async fn of_two_organisations() -> Api {
    let mut messages = failed_payload();
    messages.push(message(1).with("org_id", "1"));
    Api::of(&messages).await.with(&["--access-policy", "identity"])
}

#[tokio::test]
async fn a_tenant_is_told_of_their_own_payload_by_its_statuses_and_nothing_of_the_log() {
    let api = of_two_organisations().await;
    let mut whole = graphql(&api, &query(EXPLAIN), &associate()).await["data"]["payload"]["explain"].clone();
    assert_eq!(whole["quarantined"].as_array().unwrap().len(), 1);
    whole["quarantined"] = json!([]);
    whole["mismatches"] = Value::Null;
    let own = graphql(&api, &query(EXPLAIN), &tenant("2")).await;
    assert_eq!(own, json!({"data": {"payload": {"explain": whole}}}));

    let raw = graphql(&api, &query("number events { nodes { value } }"), &tenant("2")).await;
    assert_eq!(raw["data"]["payload"], json!({"number": 1, "events": null}));
    assert_eq!(raw["errors"][0]["extensions"]["code"], "FORBIDDEN", "{raw}");
    let raw = graphql(&api, &query("events(first: 99) { nodes { value } }"), &associate()).await;
    assert_eq!(raw["data"]["payload"]["events"]["nodes"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn of_another_organisations_payload_nothing_is_told() {
    let api = of_two_organisations().await;
    for field in [EXPLAIN, "events { nodes { value } }", "number"] {
        let answer = graphql(&api, &query(field), &tenant("1")).await;
        assert_eq!(answer, json!({"data": {"payload": null}}), "{field}");
    }
}

#[tokio::test]
async fn a_payload_that_takes_too_much_memory_is_refused_and_the_rest_is_told() {
    let long = "x".repeat(3 << 20);
    let of = |second| status(second, "ingress", "received").with("status_msg", &*long);
    let api = Api::of(&[of(1), of(2), of(3), message(1)]).await;
    let answer = api.graphql(&query("number explain { outcome } statuses { totalCount }")).await;
    assert_eq!(
        answer["data"]["payload"],
        json!({"number": 1, "explain": null, "statuses": {"totalCount": 3}})
    );
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LOG_LIMIT");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    for part in ["more than 8 MiB", "fewer", "statuses", "payload-tracker explain"] {
        assert!(message.contains(part), "{part:?} in {message}");
    }
    // What is asked together counts together.
    let answer = api.graphql("{ payloads { nodes { explain { outcome } } } }").await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 2, "{answer}");
    let other = format!("{{ payload(requestId: \"{:032x}\") {{ explain {{ outcome }} }} }}", 1);
    assert_eq!(api.graphql(&other).await["data"]["payload"]["explain"], json!({"outcome": "IN_PROGRESS"}));
}
