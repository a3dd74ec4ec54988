//! Every filter in every order, beside what PostgreSQL finds row by row.

use std::collections::HashSet;

use chrono::{TimeDelta, Utc};
use serde_json::Value;
use testkit::TestDatabase;
use tokio_postgres::Client;

use super::connection::{numbers, page};
use crate::access::{graphql, tenant};
use crate::api::{Api, message};
use crate::pages::filled;

/// What is asked of the API, the condition that PostgreSQL knows it by, and the filter of REST where it has one.
pub(super) type Filter = (&'static str, &'static str, Option<&'static str>);

pub(super) const PAYLOADS: [Filter; 20] = [
    ("", "true", Some("")),
    ("orgId: {eq: \"org-1\"}", "org_id = 'org-1'", Some("org_id=org-1")),
    ("orgId: {in: [\"org-1\", \"org-3\", \"org-1\"]}", "org_id in ('org-1', 'org-3')", None),
    ("orgId: {eq: \"org-1\", in: [\"org-2\"]}", "false", None),
    ("account: {in: [\"account-1\", \"nobody\"]}", "account = 'account-1'", Some("account=account-1")),
    ("inventoryId: {in: [\"host-9\", \"host-11\"]}", "inventory_id in ('host-9', 'host-11')", None),
    ("systemId: {eq: \"system-9\"}", "system_id = 'system-9'", Some("system_id=system-9")),
    ("systemId: {in: []}", "false", None),
    (
        "requestId: {in: [\"00000000-0000-0000-0000-000000000007\", \"0000000000000000000000000000000B\"]}",
        "request_id in ('00000000000000000000000000000007', '0000000000000000000000000000000b')",
        None,
    ),
    ("outcome: {eq: FAILURE}", "outcome = 'failure'", None),
    ("outcome: {eq: SUCCESS}", "outcome = 'success'", None),
    ("outcome: {in: [SUCCESS, IN_PROGRESS]}", "outcome <> 'failure'", None),
    (
        "outcome: {eq: FAILURE}, createdAt: {gte: \"2026-08-22T01:00:30Z\", lt: \"2026-08-22T12:00:00Z\"}",
        "outcome = 'failure' and created_at >= '2026-08-22T01:00:30Z' and created_at < '2026-08-22T12:00:00Z'",
        None,
    ),
    (
        "outcome: {in: [FAILURE, SUCCESS]}, date: {gt: \"2026-08-23T10:00:00Z\"}",
        "outcome <> 'in_progress' and exists (select from statuses
            where statuses.request_id = payloads.request_id and date > '2026-08-23T10:00:00Z')",
        None,
    ),
    ("failedService: {eq: \" Puptoo\"}", "failed_service = 'puptoo'", None),
    (
        "failedService: {in: [\"puptoo\", \"ingress\"]}, orgId: {eq: \"org-2\"}",
        "failed_service in ('puptoo', 'ingress') and org_id = 'org-2'",
        None,
    ),
    ("failedService: {eq: \"puptoo\"}, outcome: {eq: SUCCESS}", "false", None),
    ("stalledFor: \"PT60S\"", "outcome = 'in_progress' and last_date < now() - interval '1 min'", None),
    (
        "duration: {gte: \"PT36000.00S\", lt: \"PT72000.5S\"}",
        "last_date - created_at >= interval '36000 s' and last_date - created_at < interval '72000.5 s'",
        None,
    ),
    (
        "duration: {gt: \"PT3600S\", lte: \"PT7200S\"}, account: {eq: \"account-2\"}",
        "last_date - created_at > interval '3600 s' and last_date - created_at <= interval '7200 s' and account = 'account-2'",
        None,
    ),
];

pub(super) const STATUSES: [Filter; 20] = [
    // There is another service at its end, and none of these.
    (
        "date: {gte: \"2026-08-22T00:00:30Z\"}, service: {in: [\"ingress\"]}",
        "date >= '2026-08-22T00:00:30Z' and service = 'ingress'",
        None,
    ),
    ("", "true", Some("")),
    ("service: {eq: \"ingress\"}", "service = 'ingress'", Some("service=ingress")),
    ("service: {in: [\"ingress\", \"PUPTOO\"]}", "service in ('ingress', 'puptoo')", None),
    ("service: {in: [\"nobody\", \"else\"]}", "false", None),
    ("status: {in: [\"error\", \"success\"]}", "status in ('error', 'success')", None),
    ("source: {eq: \"inventory\"}", "source = 'inventory'", Some("source=inventory")),
    (
        "service: {eq: \"puptoo\"}, status: {in: [\"success\", \"received\"]}, source: {in: [\"inventory\"]}",
        "service = 'puptoo' and status in ('success', 'received') and source = 'inventory'",
        None,
    ),
    ("statusMsg: {eq: \"sent\"}", "status_msg = 'sent'", Some("status_msg=sent")),
    (
        "statusMsg: {in: [\"sent\", \"stored\"]}, status: {eq: \"error\"}",
        "status_msg in ('sent', 'stored') and status = 'error'",
        None,
    ),
    (
        "requestId: {in: [\"00000000-0000-0000-0000-000000000007\", \"0000000000000000000000000000000B\"]}",
        "request_id in ('00000000000000000000000000000007', '0000000000000000000000000000000b')",
        None,
    ),
    ("orgId: {in: [\"org-1\", \"org-2\"]}", "org_id in ('org-1', 'org-2')", None),
    (
        "account: {eq: \"account-2\"}, status: {eq: \"error\"}",
        "account = 'account-2' and status = 'error'",
        None,
    ),
    ("inventoryId: {eq: \"host-9\"}", "inventory_id = 'host-9'", Some("inventory_id=host-9")),
    ("systemId: {in: [\"system-9\", \"system-11\"]}", "system_id in ('system-9', 'system-11')", None),
    (
        "date: {gte: \"2026-08-22T10:00:30Z\", lt: \"2026-08-23T10:00:00Z\"}",
        "date >= '2026-08-22T10:00:30Z' and date < '2026-08-23T10:00:00Z'",
        Some("date_gte=2026-08-22T10:00:30Z&date_lt=2026-08-23T10:00:00Z"),
    ),
    (
        "date: {lt: \"2026-08-23T01:01:01Z\"}, service: {in: [\"ingress\", \"puptoo\"]}",
        "date < '2026-08-23T01:01:01Z' and service in ('ingress', 'puptoo')",
        None,
    ),
    (
        "createdAt: {gt: \"2026-08-23T01:00:07Z\", lte: \"2026-08-23T15:00:33Z\"}, service: {eq: \"ingress\"}",
        "created_at > '2026-08-23T01:00:07Z' and created_at <= '2026-08-23T15:00:33Z' and service = 'ingress'",
        None,
    ),
    (
        "createdAt: {gt: \"2026-08-23T05:00:07Z\"}",
        "created_at > '2026-08-23T05:00:07Z'",
        Some("created_at_gt=2026-08-23T05:00:07Z"),
    ),
    (
        "createdAt: {lte: \"2026-08-23T15:00:07Z\"}, date: {gte: \"2026-08-22T20:00:00Z\"}",
        "created_at <= '2026-08-23T15:00:07Z' and date >= '2026-08-22T20:00:00Z'",
        None,
    ),
];

const PAYLOAD_SORTS: [&str; 7] =
    ["created_at", "account", "org_id", "inventory_id", "system_id", "request_id", "last_date"];
const STATUS_SORTS: [&str; 7] =
    ["date", "service", "source", "request_id", "status", "status_msg", "created_at"];
const STATUSES_WITH_ATTRIBUTES: &str =
    "(select statuses.id, statuses.date, statuses.created_at, statuses.request_id, service, source,
        status, status_msg, payloads.org_id, payloads.account, payloads.inventory_id, payloads.system_id
    from statuses join payloads using (request_id)) as listed";

/// A list in one of its orders.
pub(super) struct Asked {
    pub(super) list: &'static str,
    rows: &'static str,
    pub(super) filter: Filter,
    sort: &'static str,
    direction: &'static str,
}

/// Each filter in each order, in one of its directions.
pub(super) fn every() -> Vec<Asked> {
    let mut directions = ["asc", "desc", "desc", "asc", "desc"].into_iter().cycle();
    let mut asked = Vec::new();
    for (list, rows, filters, sorts) in [
        ("payloads", "payloads", PAYLOADS.as_slice(), PAYLOAD_SORTS),
        ("statuses", STATUSES_WITH_ATTRIBUTES, STATUSES.as_slice(), STATUS_SORTS),
    ] {
        for filter in filters {
            let each = sorts.into_iter().zip(&mut directions);
            asked.extend(each.map(|(sort, direction)| Asked {
                list,
                rows,
                filter: *filter,
                sort,
                direction,
            }));
        }
    }
    asked
}

impl Asked {
    pub(super) fn order(&self) -> String {
        let (sort, direction) = (self.sort.to_uppercase(), self.direction.to_uppercase());
        format!("filter: {{{}}}, sortBy: {sort}, sortDir: {direction}", self.filter.0)
    }

    /// Whether it goes by the time that most indexes have besides something else.
    pub(super) fn is_by_time(&self) -> bool {
        ["created_at", "date"].contains(&self.sort)
    }

    /// Whether all there are have to be looked at: no index has it.
    pub(super) fn is_of_all(&self) -> bool {
        let (filter, ..) = self.filter;
        filter.is_empty() && self.sort == "last_date" || filter.starts_with("duration: {gte")
    }

    /// The numbers of all of it, by PostgreSQL.
    async fn naive(&self, client: &Client) -> Vec<i64> {
        self.naive_of(client, "true").await
    }

    /// Those of them of which something more holds.
    async fn naive_of(&self, client: &Client, more: &str) -> Vec<i64> {
        let Self { rows, filter: (_, condition, _), sort, direction, .. } = self;
        let key = if ["date", "last_date", "created_at"].contains(sort) {
            (*sort).to_owned()
        } else {
            format!("coalesce({sort}, '')")
        };
        let sql = format!(
            "select id from {rows} where {more} and ({condition}) order by {key} {direction}, id {direction}"
        );
        client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

async fn client(api: &Api) -> Client {
    let client = api.database.client().await.unwrap();
    client.batch_execute("set search_path = projection_1; set timezone = 'UTC'").await.unwrap();
    client
}

// A page of each at the start, one after an item far inside, one before it, and one at the end.
#[tokio::test]
async fn every_list_holds_what_postgresql_finds_wherever_a_page_lies() {
    let api = filled(TestDatabase::create().await.unwrap()).await;
    let client = client(&api).await;
    let mut met = 0;
    for asked in every() {
        let (list, order, whole) = (asked.list, asked.order(), asked.naive(&client).await);
        let start = format!("({order}, first: 80)");
        let start = page(&api, list, &start, "totalCount nodes { number } edges { cursor }").await;
        assert_eq!(numbers(&start), whole[..whole.len().min(80)], "{list}: {order}");
        assert_eq!(start["totalCount"], whole.len(), "{list}: {order}");
        let Some(last) = start["edges"].as_array().unwrap().last() else { continue };
        let (length, cursor) = (start["edges"].as_array().unwrap().len(), &last["cursor"]);
        for (range, expected) in [
            (format!("first: 7, after: {cursor}"), &whole[length..whole.len().min(length + 7)]),
            (format!("last: 7, before: {cursor}"), &whole[length.saturating_sub(8)..length - 1]),
            ("last: 9".to_owned(), &whole[whole.len().saturating_sub(9)..]),
        ] {
            let page = page(&api, list, &format!("({order}, {range})"), "nodes { number }").await;
            assert_eq!(numbers(&page), *expected, "{list}: {order}, {range}");
        }
        met += 1;
    }
    assert!(met > 200, "only {met} lists held anything");
    for (list, filters) in [("payloads", &PAYLOADS[..]), ("statuses", &STATUSES[..])] {
        for (filter, _, rest) in filters {
            let Some(rest) = rest else { continue };
            let counted = page(&api, list, &format!("(filter: {{{filter}}})"), "totalCount").await;
            let rest = api.json(&format!("/api/v1/{list}?{rest}&page_size=1")).await;
            assert_eq!(counted["totalCount"], rest["count"], "{list}: {filter}");
        }
    }
}

#[tokio::test]
async fn a_cursor_lies_in_its_order_whatever_the_filter() {
    let api = filled(TestDatabase::create().await.unwrap()).await;
    let client = client(&api).await;
    for (sort, direction) in [("date", "desc"), ("date", "asc"), ("service", "asc"), ("service", "desc")] {
        let of = |filter: &Filter| Asked {
            list: "statuses",
            rows: STATUSES_WITH_ATTRIBUTES,
            filter: *filter,
            sort,
            direction,
        };
        let whole = of(&("", "true", None)).naive(&client).await;
        // Before whatever a window leaves, and inside.
        for place in [3, 9_000] {
            let start = format!("({}, first: {place})", of(&("", "true", None)).order());
            let start = page(&api, "statuses", &start, "pageInfo { endCursor }").await;
            let cursor = start["pageInfo"]["endCursor"].to_string();
            let before: HashSet<_> = whole[..place].iter().collect();
            for filter in &STATUSES {
                let asked = of(filter);
                let found = asked.naive(&client).await;
                let rest: Vec<_> = found.iter().filter(|number| !before.contains(number)).copied().collect();
                let arguments = format!("({}, first: 50, after: {cursor})", asked.order());
                let after = page(&api, "statuses", &arguments, "nodes { number }").await;
                assert_eq!(numbers(&after), rest[..rest.len().min(50)], "{arguments}");
            }
        }
    }
}

#[tokio::test]
async fn a_tenants_lists_are_the_same_of_its_own_alone() {
    let api = filled(TestDatabase::create().await.unwrap()).await;
    let (client, api) = (client(&api).await, api.with(&["--access-policy", "identity"]));
    let mut met = 0;
    for asked in every().into_iter().step_by(3) {
        let (list, order) = (asked.list, asked.order());
        let fields = "totalCount nodes { number }";
        let query = format!(
            "{{ {list}({order}, first: 9) {{ {fields} }} end: {list}({order}, last: 9) {{ {fields} }} }}"
        );
        let answer = graphql(&api, &query, &tenant("org-1")).await;
        let whole = asked.naive_of(&client, "org_id = 'org-1'").await;
        let page = |name: &str| -> (Vec<i64>, Value) {
            (numbers(&answer["data"][name]), answer["data"][name]["totalCount"].clone())
        };
        let count = Value::from(whole.len());
        assert_eq!(
            page(list),
            (whole[..whole.len().min(9)].to_vec(), count.clone()),
            "{list}: {order}: {answer}"
        );
        assert_eq!(page("end"), (whole[whole.len().saturating_sub(9)..].to_vec(), count), "{list}: {order}");
        met += usize::from(!whole.is_empty());
    }
    assert!(met > 50, "only {met} lists held anything");
}

#[tokio::test]
async fn what_is_in_progress_and_silent_for_longer_is_stalled() {
    let at = |number, minutes: i64, status: &str| {
        let date = (Utc::now() - TimeDelta::minutes(minutes)).to_rfc3339();
        message(number).with("date", date).with("status", status)
    };
    let api = Api::of(&[
        at(1, 300, "received"),
        at(2, 300, "received"),
        at(2, 60, "processing"),
        at(3, 300, "success"),
        at(4, 300, "error"),
        at(5, 10, "received"),
        at(6, 200, "received"),
    ])
    .await;
    for (filter, expected) in [
        ("stalledFor: \"PT7200S\"", &["1", "6"][..]),
        ("stalledFor: \"PT1800S\"", &["1", "2", "6"]),
        ("stalledFor: \"PT0S\"", &["1", "2", "5", "6"]),
        ("stalledFor: \"PT99999999999S\"", &[]),
        ("stalledFor: \"PT9000000000000S\"", &[]),
        ("stalledFor: \"PT1800S\", outcome: {in: [FAILURE, IN_PROGRESS]}", &["1", "2", "6"]),
        ("stalledFor: \"PT1800S\", outcome: {eq: SUCCESS}", &[]),
    ] {
        let order = format!("(filter: {{{filter}}}, sortBy: REQUEST_ID, sortDir: ASC)");
        let fields = "totalCount nodes { requestId isStalled(longerThan: \"PT0S\") }";
        let stalled = page(&api, "payloads", &order, fields).await;
        let nodes = stalled["nodes"].as_array().unwrap();
        let found = nodes.iter().map(|node| node["requestId"].as_str().unwrap().trim_start_matches('0'));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{filter}");
        assert_eq!(stalled["totalCount"], expected.len(), "{filter}");
        assert!(nodes.iter().all(|node| node["isStalled"] == true));
    }
    let order = "(filter: {stalledFor: \"PT1800S\"}, sortBy: LAST_DATE, sortDir: ASC)";
    let longest = page(&api, "payloads", order, "nodes { requestId }").await;
    assert_eq!(longest["nodes"][0]["requestId"], format!("{:032x}", 1));
    assert_eq!(longest["nodes"][2]["requestId"], format!("{:032x}", 2));
}
