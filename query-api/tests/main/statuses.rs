//! `/statuses`.

use serde_json::json;
use testkit::MessageBuilder;

use crate::api::{Api, message};

/// Six statuses of two payloads, one of them without an organisation; numbered by their order of arrival.
fn six() -> Vec<MessageBuilder> {
    let of = |payload, service: &str, status: &str, second| {
        let date = format!("2026-08-22T00:00:{second:02}Z");
        message(payload).with("service", service).with("status", status).with("date", date)
    };
    vec![
        of(1, "Ingress", "received", 1)
            .with("org_id", "77")
            .with("account", "a")
            .with("inventory_id", "i")
            .with("system_id", "s"),
        of(1, "puptoo", "received", 2).with("source", "Inventory"),
        of(1, "puptoo", "ERROR", 3).with("status_msg", "boom").with("source", "inventory"),
        of(2, "ingress", "received", 3),
        of(2, "ingress", "success", 5).with("status_msg", "done"),
        of(1, "engine", "success", 4),
    ]
}

async fn listed(api: &Api, query: &str) -> Vec<u32> {
    let ids = api.column(&format!("/api/v1/statuses?{query}"), "id").await;
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

#[tokio::test]
async fn an_item_leaves_out_what_is_unknown_and_its_id_is_a_text() {
    let api = Api::of(&six()).await;
    let answer = api.json("/api/v1/statuses?status=error&status_msg=boom").await;
    let mut item = answer["data"][0].clone();
    assert!(item["created_at"].take().as_str().unwrap().ends_with('Z'));
    let expected = json!({"id": "3", "request_id": format!("{:032x}", 1), "service": "puptoo", "source": "inventory",
        "status": "error", "status_msg": "boom", "date": "2026-08-22T00:00:03Z", "created_at": null});
    assert_eq!(item, expected);
    let bare = &api.json("/api/v1/statuses?service=engine").await["data"][0];
    assert_eq!((bare.get("source"), bare.get("status_msg")), (None, None));
}

#[tokio::test]
async fn statuses_without_a_source_are_listed_and_the_latest_come_first() {
    let api = Api::of(&six()).await;
    assert_eq!(listed(&api, "").await, [5, 6, 4, 3, 2, 1]);
    assert_eq!(listed(&api, "sort_dir=asc").await, [1, 2, 3, 4, 6, 5]);
}

#[tokio::test]
async fn every_key_sorts_both_ways() {
    let api = Api::of(&six()).await;
    let ascending = [
        ("date", [1, 2, 3, 4, 6, 5]),
        ("service", [6, 1, 4, 5, 2, 3]),
        ("source", [1, 4, 5, 6, 2, 3]),
        ("request_id", [1, 2, 3, 6, 4, 5]),
        ("status", [3, 1, 2, 4, 5, 6]),
        ("status_msg", [1, 2, 4, 6, 3, 5]),
        ("created_at", [1, 2, 3, 4, 5, 6]),
    ];
    for (key, mut expected) in ascending {
        assert_eq!(listed(&api, &format!("sort_by={key}&sort_dir=asc")).await, expected, "{key}");
        expected.reverse();
        assert_eq!(listed(&api, &format!("sort_by={key}&sort_dir=desc")).await, expected, "{key}");
    }
}

#[tokio::test]
async fn every_filter_filters_and_the_count_is_of_what_it_leaves() {
    let api = Api::of(&six()).await;
    let filters = [
        ("service=INGRESS", vec![5, 4, 1]),
        ("source=inventory", vec![3, 2]),
        ("status=Received", vec![4, 2, 1]),
        ("status_msg=boom", vec![3]),
        ("status_msg=Boom", vec![]),
        ("request_id=00000000-0000-0000-0000-000000000002", vec![5, 4]),
        ("org_id=77", vec![6, 3, 2, 1]),
        ("account=a&service=puptoo", vec![3, 2]),
        ("inventory_id=i&status=success", vec![6]),
        ("system_id=s&date_gt=2026-08-22T00:00:03Z", vec![6]),
        ("date_gte=2026-08-22T00:00:03Z&date_lt=2026-08-22T00:00:05Z", vec![6, 4, 3]),
        ("created_at_lt=2000-01-01T00:00:00Z", vec![]),
        ("created_at_gte=2000-01-01T00:00:00Z", vec![5, 6, 4, 3, 2, 1]),
    ];
    for (query, expected) in filters {
        assert_eq!(listed(&api, query).await, expected, "{query}");
        let answer = api.json(&format!("/api/v1/statuses?{query}&page_size=1")).await;
        assert_eq!(answer["count"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn a_long_message_is_cut_in_a_list_unless_all_of_it_is_asked_for() {
    let long = "é".repeat(100_000);
    let api = Api::of(&[message(1).with("status_msg", long.clone())]).await;
    assert_eq!(api.column("/api/v1/statuses", "status_msg").await[0].len(), 4_096);
    assert_eq!(api.column("/api/v1/statuses?full=true", "status_msg").await, *std::slice::from_ref(&long));
    let path = format!("/api/v1/payloads/{:032x}", 1);
    assert_eq!(api.column(&path, "status_msg").await, [long]);
}

// Seen to fail (they are left out) without the branches of long kinds.
#[tokio::test]
async fn names_that_no_index_can_hold_are_listed_like_any_other() {
    let mut messages = six();
    let long: String =
        (0_u64..4_000).map(|number| format!("{:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    messages.insert(3, message(3).with("service", format!("puptoo{long}")).with("status", "error"));
    messages.push(message(3).with("service", "ingress").with("status", format!("error{long}")));
    let api = Api::of(&messages).await;
    assert_eq!(listed(&api, "sort_by=service&sort_dir=asc").await, [7, 1, 5, 6, 8, 2, 3, 4]);
    assert_eq!(listed(&api, "sort_by=status&sort_dir=desc&page_size=3&page=1").await, [2, 1, 8]);
    assert_eq!(listed(&api, "status=error").await.len(), 2);
}
