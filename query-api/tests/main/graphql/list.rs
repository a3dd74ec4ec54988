//! Pages of lists, in both directions.

use serde_json::Value;
use testkit::MessageBuilder;

use crate::api::{Api, message};

const SORTS: [&str; 6] = ["CREATED_AT", "ACCOUNT", "ORG_ID", "INVENTORY_ID", "SYSTEM_ID", "REQUEST_ID"];

/// Payloads with many ties: few dates, few attributes, some of them unknown, some longer than an index holds.
fn messages() -> Vec<MessageBuilder> {
    let long = "ä".repeat(40);
    let of = |number: u32| {
        let date = format!("2026-08-22T05:0{}:00Z", number % 3);
        let message = message(number).with("date", date);
        let message = message.with("org_id", ["", "1", "2"][number as usize % 3]);
        let message = message.with("account", [&*long, "a", ""][number as usize / 4 % 3]);
        message.with("inventory_id", format!("{long}{}", number % 2)).with("system_id", "s")
    };
    (0..11).map(of).collect()
}

async fn payloads(api: &Api, arguments: &str, fields: &str) -> Value {
    let answer = api.graphql(&format!("{{ payloads{arguments} {{ {fields} }} }}")).await;
    assert!(answer["errors"].is_null(), "{arguments}: {answer}");
    answer["data"]["payloads"].clone()
}

fn numbers(page: &Value) -> Vec<i64> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["number"].as_i64().unwrap()).collect()
}

/// All of a list, page by page, in the order of the list.
async fn walked(api: &Api, order: &str, is_from_end: bool) -> Vec<i64> {
    let (length, edge) = if is_from_end { ("last", "before") } else { ("first", "after") };
    let (cursor, more) =
        if is_from_end { ("startCursor", "hasPreviousPage") } else { ("endCursor", "hasNextPage") };
    let (mut all, mut from) = (Vec::new(), "null".to_owned());
    loop {
        let arguments = format!("({order}, {length}: 3, {edge}: {from})");
        let fields = format!("nodes {{ number }} pageInfo {{ {cursor} {more} }}");
        let page = payloads(api, &arguments, &fields).await;
        all = if is_from_end { [numbers(&page), all].concat() } else { [all, numbers(&page)].concat() };
        if page["pageInfo"][more] == false {
            return all;
        }
        from = page["pageInfo"][cursor].to_string();
    }
}

// Seen to fail with ties left out of the condition, and with the pages from the end not turned round.
#[tokio::test]
async fn pages_put_together_are_the_whole_list_from_either_end() {
    let api = Api::of(&messages()).await;
    for sort in SORTS {
        for direction in ["ASC", "DESC"] {
            for filter in ["{}", "{orgId: \"1\"}", "{systemId: \"s\", account: \"a\"}"] {
                let order = format!("filter: {filter}, sortBy: {sort}, sortDir: {direction}");
                let whole =
                    numbers(&payloads(&api, &format!("({order}, first: 99)"), "nodes { number }").await);
                assert!(whole.len() >= 3, "{order}");
                assert_eq!(walked(&api, &order, false).await, whole, "{order}");
                assert_eq!(walked(&api, &order, true).await, whole, "{order}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_is_in_the_order_that_rest_has_it_in() {
    let api = Api::of(&messages()).await;
    for sort in SORTS {
        for direction in ["asc", "desc"] {
            let path =
                format!("/api/v1/payloads?page_size=99&sort_by={}&sort_dir={direction}", sort.to_lowercase());
            let rest: Vec<i64> = api.column(&path, "id").await.iter().map(|id| id.parse().unwrap()).collect();
            let arguments = format!("(first: 99, sortBy: {sort}, sortDir: {})", direction.to_uppercase());
            assert_eq!(numbers(&payloads(&api, &arguments, "nodes { number }").await), rest, "{arguments}");
        }
    }
}

// Seen to fail with nothing left out before a cursor.
#[tokio::test]
async fn a_page_lies_between_two_cursors() {
    let api = Api::of(&messages()).await;
    let whole = payloads(&api, "(first: 99)", "nodes { number } edges { cursor }").await;
    let cursor = |place: usize| whole["edges"][place]["cursor"].to_string();
    let fields = "nodes { number } pageInfo { hasPreviousPage hasNextPage }";
    let between = format!("after: {}, before: {}", cursor(1), cursor(6));
    for (length, range, (previous, next)) in [
        ("first: 99", 2..6, (true, false)),
        ("first: 2", 2..4, (true, true)),
        ("last: 99", 2..6, (false, true)),
        ("last: 2", 4..6, (true, true)),
        ("first: 0", 0..0, (true, true)),
    ] {
        let page = payloads(&api, &format!("({length}, {between})"), fields).await;
        assert_eq!(numbers(&page), numbers(&whole)[range], "{length}");
        assert_eq!(
            (&page["pageInfo"]["hasPreviousPage"], &page["pageInfo"]["hasNextPage"]),
            (&previous.into(), &next.into()),
            "{length}"
        );
    }
}

// Seen to fail with cursors taken wherever they come from.
#[tokio::test]
async fn a_cursor_is_of_one_order_and_of_one_list() {
    let api = Api::of(&messages()).await;
    let fields = "edges { cursor node { statuses { edges { cursor } } } }";
    let edge = payloads(&api, "", fields).await["edges"][0].clone();
    let (cursor, other) =
        (edge["cursor"].to_string(), edge["node"]["statuses"]["edges"][0]["cursor"].to_string());
    for arguments in [
        format!("(sortBy: ORG_ID, after: {cursor})"),
        format!("(after: {other})"),
        "(before: \"x\")".to_owned(),
        "(first: 1, last: 1)".to_owned(),
        "(first: -1)".to_owned(),
        "(last: 10001)".to_owned(),
    ] {
        let answer = api.graphql(&format!("{{ payloads{arguments} {{ nodes {{ number }} }} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{arguments}: {answer}");
    }
}

#[tokio::test]
async fn a_total_is_exact_wherever_the_page_lies() {
    let api = Api::of(&messages()).await;
    for (arguments, total) in [
        ("", 11),
        ("(first: 1)", 11),
        ("(last: 2, filter: {orgId: \"1\"})", 4),
        ("(filter: {orgId: \"9\"})", 0),
    ] {
        assert_eq!(payloads(&api, arguments, "totalCount").await["totalCount"], total, "{arguments}");
    }
}

// Seen to fail with everything sorted that matches.
#[tokio::test]
async fn what_no_index_has_in_the_order_is_refused_when_it_is_too_much_to_sort() {
    let api = Api::of(&messages()).await;
    let client = api.database.client().await.unwrap();
    let counted = "update projection_1.payload_counts set count = 200001 where width = 86400";
    assert!(client.execute(counted, &[]).await.unwrap() > 0);
    let day = "createdAt: {gte: \"2026-08-22T00:00:00Z\", lt: \"2026-08-23T00:00:00Z\"}";
    let query =
        |sort: &str| format!("{{ payloads(filter: {{{day}}}, sortBy: {sort}) {{ nodes {{ number }} }} }}");
    let refused = api.graphql(&query("ORG_ID")).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NO_INDEX", "{refused}");
    assert_eq!(numbers(&api.graphql(&query("CREATED_AT")).await["data"]["payloads"]).len(), 10);
}
