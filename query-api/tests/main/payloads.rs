//! `/payloads`.

use serde_json::json;
use testkit::MessageBuilder;

use crate::api::{Api, PREFIXES, message};

/// Six payloads: two of one organisation, two created at the same moment, one of which nothing is known.
fn six() -> Vec<MessageBuilder> {
    let of = |number, org: &str, account: &str, second| {
        let date = format!("2026-08-22T00:00:{second:02}Z");
        message(number).with("org_id", org).with("account", account).with("date", date)
    };
    vec![
        of(1, "b", "3", 5),
        of(2, "a", "1", 4),
        of(3, "c", "2", 3).with("inventory_id", "host").with("system_id", "sys"),
        of(4, "b", "", 3),
        message(5).with("date", "2026-08-22T00:00:01Z"),
        of(6, "d", "9", 0),
        of(6, "", "", 30),
    ]
}

/// The numbers of the payloads in a list.
async fn listed(api: &Api, query: &str) -> Vec<u32> {
    let ids = api.column(&format!("/api/v1/payloads?{query}"), "request_id").await;
    ids.iter().map(|id| u32::from_str_radix(id, 16).unwrap()).collect()
}

#[tokio::test]
async fn an_item_has_every_field_and_unknown_ones_are_empty() {
    let api = Api::of(&six()).await;
    for prefix in PREFIXES {
        let mut answer = api.json(&format!("{prefix}/payloads?request_id={:032x}", 5)).await;
        assert!(answer["elapsed"].take().as_f64().unwrap() > 0.0);
        let item = json!({"id": 5, "request_id": format!("{:032x}", 5), "account": "", "org_id": "", "inventory_id": "",
            "system_id": "", "created_at": "2026-08-22T00:00:01Z"});
        assert_eq!(answer, json!({"count": 1, "elapsed": null, "data": [item]}));
    }
}

#[tokio::test]
async fn the_latest_created_come_first_and_ties_are_broken_by_id() {
    let api = Api::of(&six()).await;
    assert_eq!(listed(&api, "").await, [1, 2, 4, 3, 5, 6]);
    assert_eq!(listed(&api, "sort_dir=asc").await, [6, 5, 3, 4, 2, 1]);
}

#[tokio::test]
async fn every_key_sorts_both_ways_and_what_is_unknown_as_the_empty_text() {
    let api = Api::of(&six()).await;
    let ascending = [
        ("created_at", [6, 5, 3, 4, 2, 1]),
        ("account", [4, 5, 2, 3, 1, 6]),
        ("org_id", [5, 2, 1, 4, 3, 6]),
        ("inventory_id", [1, 2, 4, 5, 6, 3]),
        ("system_id", [1, 2, 4, 5, 6, 3]),
        ("request_id", [1, 2, 3, 4, 5, 6]),
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
    let dashed = "00000000-0000-0000-0000-000000000003";
    let filters = [
        ("org_id=b", vec![1, 4]),
        ("account=1", vec![2]),
        ("inventory_id=host", vec![3]),
        ("system_id=sys", vec![3]),
        (&format!("request_id={dashed}"), vec![3]),
        ("org_id=b&account=3", vec![1]),
        ("org_id=nobody", vec![]),
        ("account=&org_id=", vec![1, 2, 4, 3, 5, 6]),
        ("created_at_gt=2026-08-22T00:00:03Z", vec![1, 2]),
        ("created_at_gte=2026-08-22T00:00:03Z", vec![1, 2, 4, 3]),
        ("created_at_lt=2026-08-22T00:00:03Z", vec![5, 6]),
        ("created_at_lte=2026-08-22T00:00:03Z&created_at_gt=2026-08-22T02:00:00%2B02:00", vec![4, 3, 5]),
        ("date_gte=2026-08-22T00:00:30Z", vec![6]),
        ("date_gt=2026-08-22T00:00:01Z&date_lt=2026-08-22T00:00:30Z", vec![1, 2, 4, 3]),
    ];
    for (query, expected) in filters {
        assert_eq!(listed(&api, query).await, expected, "{query}");
        let answer = api.json(&format!("/api/v1/payloads?{query}&page_size=1&page=7")).await;
        assert_eq!((&answer["count"], &answer["data"]), (&json!(expected.len()), &json!([])), "{query}");
    }
}

#[tokio::test]
async fn pages_concatenate_to_the_whole_list() {
    let same_moment: Vec<_> = (1..=25).map(message).collect();
    let api = Api::of(&same_moment).await;
    let whole = listed(&api, "page_size=100").await;
    let mut pages = Vec::new();
    for page in 0..9 {
        pages.extend(listed(&api, &format!("page={page}&page_size=3")).await);
    }
    assert_eq!(pages, whole);
    assert_eq!(listed(&api, "").await.len(), 10, "the default size");
}

#[tokio::test]
async fn an_attribute_is_that_of_the_latest_status_that_names_one() {
    let named = |org: &str, second: u32| {
        message(1).with("org_id", org).with("date", format!("2026-08-22T00:00:{second:02}Z"))
    };
    let api =
        Api::of(&[named("new", 20), named("old", 10), message(1).with("date", "2026-08-22T00:00:30Z")]).await;
    assert_eq!(api.column("/api/v1/payloads", "org_id").await, ["new"]);
    assert_eq!(api.column("/api/v1/payloads", "created_at").await, ["2026-08-22T00:00:10Z"]);
}
