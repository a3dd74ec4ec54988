//! Pages of lists, in both directions.

use base64::Engine as _;
use testkit::MessageBuilder;

use super::connection::{numbers, page, walked};
use crate::api::{Api, message};

const PAYLOADS: [&str; 7] =
    ["CREATED_AT", "ACCOUNT", "ORG_ID", "INVENTORY_ID", "SYSTEM_ID", "REQUEST_ID", "LAST_DATE"];
const STATUSES: [&str; 7] = ["DATE", "SERVICE", "SOURCE", "REQUEST_ID", "STATUS", "STATUS_MSG", "CREATED_AT"];

/// Payloads with many ties: few dates, few attributes, some of them unknown, some longer than an index holds; and some messages that
/// can't be decoded.
fn messages() -> Vec<MessageBuilder> {
    let long = "ä".repeat(40);
    let of = |number: u32| {
        let date = |minute| format!("2026-08-22T05:0{}:00Z", number % 3 + minute);
        let message = message(number).with("date", date(0));
        let message = message.with("org_id", ["", "1", "2"][number as usize % 3]);
        let message = message.with("account", [&*long, "a", ""][number as usize / 4 % 3]);
        let message = message.with("inventory_id", format!("{long}{}", number % 2)).with("system_id", "s");
        let closing = message.clone().with("status", ["success", "error", "received"][number as usize % 3]);
        let closing = closing.with("service", ["ingress", "puptoo"][number as usize / 3 % 2]);
        let closing = closing.with("source", ["", "inventory"][number as usize / 2 % 2]);
        let unreadable = message.clone().with(["date", "service", "status"][number as usize % 3], "");
        [
            message,
            closing.with("date", date(1)).with("status_msg", format!("{long}{}", number % 2)),
            unreadable,
        ]
    };
    (0..11).flat_map(of).collect()
}

/// Every list with what it can be sorted by, and filters of each kind; each finds several, and not all of them the same.
fn lists() -> [(&'static str, Vec<String>, Vec<&'static str>); 3] {
    let sorts = |sorts: [&str; 7]| {
        let each = sorts.into_iter().flat_map(|sort| ["ASC", "DESC"].map(|end| (sort, end)));
        each.map(|(sort, end)| format!("sortBy: {sort}, sortDir: {end}")).collect()
    };
    let payloads = vec![
        "{}",
        "{orgId: {eq: \"1\"}}",
        "{systemId: {eq: \"s\"}, account: {in: [\"a\"]}}",
        "{orgId: {in: [\"1\", \"2\"]}}",
        "{outcome: {in: [FAILURE, SUCCESS]}}",
        "{outcome: {eq: IN_PROGRESS}}",
        "{failedService: {in: [\"PUPTOO\", \"ingress\"]}}",
        "{stalledFor: \"PT60S\", createdAt: {gte: \"2026-08-22T05:01:00Z\"}}",
        "{duration: {gt: \"PT59S\"}, date: {gte: \"2026-08-22T05:02:00Z\"}}",
    ];
    let statuses = vec![
        "{}",
        "{service: {eq: \"Puptoo\"}}",
        "{service: {in: [\"puptoo\", \"ingress\"]}, status: {in: [\"received\", \"error\"]}}",
        "{source: {eq: \"inventory\"}, date: {gte: \"2026-08-22T05:02:00Z\"}}",
        "{orgId: {in: [\"1\", \"2\"]}}",
        "{date: {gt: \"2026-08-22T05:00:00Z\", lte: \"2026-08-22T05:02:00Z\"}}",
        "{createdAt: {gte: \"2026-08-22T05:00:00Z\"}}",
        "{createdAt: {gte: \"2026-08-22T05:00:00Z\"}, date: {gte: \"2026-08-22T05:02:00Z\"}}",
    ];
    let quarantine = vec!["{}", "{reason: {in: [SERVICE_MISSING, STATUS_MISSING]}}", "{stream: {eq: 1}}"];
    let ends = ["ASC", "DESC"].map(|end| format!("sortDir: {end}"));
    [
        ("payloads", sorts(PAYLOADS), payloads),
        ("statuses", sorts(STATUSES), statuses),
        ("quarantine", ends.to_vec(), quarantine),
    ]
}

// Seen to fail with ties left out of the condition, and with the pages from the end not turned round.
#[tokio::test]
async fn pages_put_together_are_the_whole_list_from_either_end() {
    let api = Api::of(&messages()).await;
    for (list, orders, filters) in lists() {
        for order in &orders {
            for filter in &filters {
                let order = format!("filter: {filter}, {order}");
                let whole =
                    page(&api, list, &format!("({order}, first: 99)"), "totalCount nodes { number }").await;
                let (total, whole) = (whole["totalCount"].clone(), numbers(&whole));
                assert!(whole.len() >= 3 && total == whole.len(), "{list}: {order}: {total} {whole:?}");
                assert_eq!(walked(&api, list, &order, false).await, whole, "{list}: {order}");
                assert_eq!(walked(&api, list, &order, true).await, whole, "{list}: {order}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_is_in_the_order_that_rest_has_it_in() {
    let api = Api::of(&messages()).await;
    for (list, sorts) in [("payloads", &PAYLOADS[..6]), ("statuses", &STATUSES)] {
        for sort in sorts {
            for direction in ["asc", "desc"] {
                let path = format!(
                    "/api/v1/{list}?page_size=99&sort_by={}&sort_dir={direction}",
                    sort.to_lowercase()
                );
                let rest = api.column(&path, "id").await;
                let rest: Vec<i64> = rest.iter().map(|id| id.parse().unwrap()).collect();
                let arguments = format!("(first: 99, sortBy: {sort}, sortDir: {})", direction.to_uppercase());
                let page = page(&api, list, &arguments, "nodes { number }").await;
                assert_eq!(numbers(&page), rest, "{list}{arguments}");
            }
        }
    }
}

// Seen to fail with nothing left out before a cursor.
#[tokio::test]
async fn a_page_lies_between_two_cursors() {
    let api = Api::of(&messages()).await;
    let whole = page(&api, "payloads", "(first: 99)", "nodes { number } edges { cursor }").await;
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
        let page = page(&api, "payloads", &format!("({length}, {between})"), fields).await;
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
    let edge = page(&api, "payloads", "", fields).await["edges"][0].clone();
    let (cursor, other) =
        (edge["cursor"].to_string(), edge["node"]["statuses"]["edges"][0]["cursor"].to_string());
    for arguments in [
        format!("(sortBy: ORG_ID, after: {cursor})"),
        format!("(after: {other})"),
        // Of the right list, by the wrong kind of key.
        format!("(before: {})", written(r#"[1,"payloads by CreatedAt","a",1]"#)),
        format!("(sortBy: ORG_ID, before: {})", written(r#"[1,"payloads by OrgId",1,1]"#)),
        "(before: \"x\")".to_owned(),
        "(first: 1, last: 1)".to_owned(),
        "(first: -1)".to_owned(),
        "(last: 10001)".to_owned(),
    ] {
        let answer = api.graphql(&format!("{{ payloads{arguments} {{ nodes {{ number }} }} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{arguments}: {answer}");
    }
}

/// A cursor that nobody was given.
fn written(text: &str) -> String {
    format!("\"{}\"", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text))
}

#[tokio::test]
async fn a_total_is_exact_wherever_the_page_lies() {
    let api = Api::of(&messages()).await;
    for (arguments, total) in [
        ("", 11),
        ("(first: 1)", 11),
        ("(last: 2, filter: {orgId: {eq: \"1\"}})", 4),
        ("(filter: {orgId: {eq: \"9\"}})", 0),
    ] {
        let page = page(&api, "payloads", arguments, "totalCount").await;
        assert_eq!(page["totalCount"], total, "{arguments}");
    }
}
