//! `/payloads/{request_id}`.

use serde_json::{Value, json};
use testkit::MessageBuilder;

use crate::api::{Api, ID};

fn timeline() -> Vec<MessageBuilder> {
    let of = |service: &str, source: &str, status: &str, time: &str| {
        let date = format!("2026-08-22T{time}Z");
        MessageBuilder::new(ID)
            .with("service", service)
            .with("source", source)
            .with("status", status)
            .with("date", date)
    };
    vec![
        of("puptoo", "inventory", "received", "10:00:01"),
        of("puptoo", "inventory", "success", "10:00:06.625"),
        of("puptoo", "", "received", "10:00:00").with("org_id", "77").with("account", "a"),
        of("puptoo", "", "error", "10:00:09.97").with("status_msg", "boom").with("inventory_id", "i"),
        of("engine", "", "received", "10:00:12.604").with("system_id", "s"),
    ]
}

#[tokio::test]
async fn any_form_of_the_id_finds_it() {
    let api = Api::of(&timeline()).await;
    let dashed = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    for form in [ID.to_owned(), ID.to_uppercase(), dashed.to_owned(), dashed.to_uppercase()] {
        assert_eq!(
            api.json(&format!("/api/v1/payloads/{form}")).await["data"].as_array().unwrap().len(),
            5,
            "{form}"
        );
    }
}

#[tokio::test]
async fn each_status_carries_the_attributes_of_the_payload_and_the_latest_comes_first() {
    let api = Api::of(&timeline()).await;
    let answer = api.json(&format!("/api/v1/payloads/{ID}")).await;
    let mut first = answer["data"][0].clone();
    assert!(first["created_at"].take().is_string());
    let expected = json!({"id": 1, "service": "engine", "account": "a", "org_id": "77", "request_id": ID, "inventory_id": "i",
        "system_id": "s", "created_at": null, "status": "received", "date": "2026-08-22T10:00:12.604Z"});
    assert_eq!(first, expected);
    assert_eq!(answer["data"][1]["status_msg"], "boom");
}

#[tokio::test]
async fn durations_tell_how_long_each_service_took_and_depend_on_nothing_else() {
    let api = Api::of(&timeline()).await;
    let expected = json!({"engine:undefined": "00:00:00.000000", "puptoo:inventory": "00:00:05.625000",
        "puptoo:undefined": "00:00:09.970000", "total_time": "00:00:12.604000",
        "total_time_in_services": "00:00:15.595000"});
    for query in ["", "verbosity=1", "verbosity=2&sort_by=status&sort_dir=asc", "page=3&page_size=1"] {
        assert_eq!(
            api.json(&format!("/api/v1/payloads/{ID}?{query}")).await["duration"],
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
async fn every_verbosity_with_every_key_and_direction_answers_in_order() {
    let api = Api::of(&timeline()).await;
    let keys = ["service", "source", "status", "status_msg", "date", "created_at"];
    let constant = ["request_id", "account", "org_id", "inventory_id", "system_id"];
    for verbosity in 0..=2 {
        for key in keys.into_iter().chain(constant) {
            let path = |direction| {
                format!("/api/v1/payloads/{ID}?verbosity={verbosity}&sort_by={key}&sort_dir={direction}")
            };
            let (ascending, descending) = (api.json(&path("asc")).await, api.json(&path("desc")).await);
            let mut reversed = ascending["data"].as_array().unwrap().clone();
            reversed.reverse();
            assert_eq!(descending["data"], Value::from(reversed), "{key}");
            let values: Vec<_> = ascending["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item[key].as_str().unwrap_or("").to_owned())
                .collect();
            assert!(values.is_sorted(), "{key}: {values:?}");
        }
    }
}

#[tokio::test]
async fn verbosity_says_which_fields_are_shown() {
    let api = Api::of(&timeline()).await;
    let fields = async |verbosity: u32| {
        let answer = api
            .json(&format!("/api/v1/payloads/{ID}?verbosity={verbosity}&sort_by=status&sort_dir=asc"))
            .await;
        let mut fields: Vec<_> = answer["data"][0].as_object().unwrap().keys().cloned().collect();
        fields.sort();
        fields
    };
    assert_eq!(fields(0).await.len(), 11);
    assert_eq!(fields(1).await, ["date", "inventory_id", "service", "status", "status_msg"]);
    assert_eq!(fields(2).await, ["date", "service", "status"]);
}

#[tokio::test]
async fn a_part_is_shown_only_where_it_is_asked_for() {
    let (slice, host) = ("1".repeat(32), "2".repeat(32));
    let api = Api::of(&[MessageBuilder::new(&format!("{ID}:{slice}:{host}"))]).await;
    let shown = async |query: &str| {
        api.json(&format!("/api/v1/payloads/{ID}?{query}")).await["data"][0].get("part").cloned()
    };
    assert_eq!(shown("").await, None);
    assert_eq!(shown("parts=true").await, Some(json!(format!("{slice}:{host}"))));
}

#[tokio::test]
async fn an_unknown_id_is_not_found_and_echoed_as_it_was_asked_for() {
    let api = Api::of(&[]).await;
    for id in ["nope", &ID.to_uppercase(), "%00", "a%2Fb"] {
        let answer = api.get(&format!("/api/v1/payloads/{id}")).await;
        let echoed = id.replace("%00", "\0").replace("%2F", "/");
        let expected = json!({"title": "Not Found", "status": 404, "message": format!("payload with id: {echoed} not found")});
        assert_eq!((answer.status.as_u16(), answer.json()), (404, expected), "{id}");
    }
}

#[tokio::test]
async fn an_id_that_only_quarantined_messages_name_is_not_found_and_the_message_says_so() {
    let api = Api::of(&[MessageBuilder::new(ID).with("date", "never")]).await;
    let answer = api.get(&format!("/api/v1/payloads/{ID}")).await;
    assert_eq!(answer.status.as_u16(), 404);
    assert!(
        answer.json()["message"].as_str().unwrap().contains("1 messages of it are quarantined"),
        "{}",
        answer.text
    );
}
