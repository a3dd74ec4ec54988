//! The `count` of lists, beside what PostgreSQL counts row by row.

mod asked;

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use testkit::MessageBuilder;
use tokio_postgres::Client;
use workload::{Workload, WorkloadConfig};

use self::asked::{Asked, Bound};
use crate::api::{Api, message};

/// When traffic of the workload begins, a few seconds each: across borders of days, hours and minutes, and at both ends of the
/// years that there are.
const STARTS: [&str; 10] = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:58Z",
    "2026-08-21T23:59:57Z",
    "2026-08-22T00:00:58Z",
    "2026-08-22T00:59:58Z",
    "2026-08-22T01:30:30Z",
    "2026-08-22T01:59:59Z",
    "2026-08-22T03:00:00Z",
    "2026-08-22T04:29:59Z",
    "9999-12-31T23:59:40Z",
];
const MESSAGES_OF_EACH: usize = 300;

/// Where windows begin and end: on borders, beside them and off them.
static TIMES: LazyLock<Vec<DateTime<Utc>>> = LazyLock::new(|| {
    let borders = [
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2026-08-22T00:00:00Z",
        "2026-08-22T00:01:00Z",
        "2026-08-22T01:00:00Z",
        "2026-08-22T01:30:31Z",
        "2026-08-22T02:00:00Z",
        "2026-08-22T04:30:00Z",
        "9999-12-31T23:59:59Z",
    ];
    let around = |time: DateTime<Utc>| [-1, 0, 1].map(|micros| time + TimeDelta::microseconds(micros));
    borders.iter().flat_map(|border| around(border.parse().unwrap())).skip(1).collect()
});

/// Thousands of messages of the workload, and some whose times are exactly those at which windows begin and end.
async fn busy() -> (Api, Client) {
    let start = |start: &str| WorkloadConfig { start: start.parse().unwrap(), ..WorkloadConfig::default() };
    let traffic = STARTS.iter().zip(1..).flat_map(|(at, seed)| {
        Workload::new(WorkloadConfig { seed, ..start(at) })
            .take(MESSAGES_OF_EACH)
            .map(|message| message.value)
    });
    let sources = ["", "inventory"].into_iter().cycle();
    let on_borders = TIMES.iter().zip(sources).zip(1..).map(|((time, source), number)| {
        let date = time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        Some(message(number).with("date", date).with("source", source).build())
    });
    let values: Vec<_> = traffic.chain(on_borders).collect();
    let (api, count) = (Api::unprojected().await, values.len());
    api.append(&values).await;
    let client = api.database.client().await.unwrap();
    // As if it had taken hours: some on borders. The log refuses changes, so nobody may ask it.
    client
        .batch_execute(
            "set session_replication_role = replica;
            update events set appended_at = case record_offset % 5
                when 0 then date_trunc('hour', at) when 1 then date_trunc('minute', at) else at end
            from (select record_offset as number, '2026-08-21T23:50:00Z'::timestamptz + record_offset * interval '6.7 s' as at
                from events) as spread
            where number = record_offset;
            set session_replication_role = origin",
        )
        .await
        .unwrap();
    api.project(count).await;
    client.batch_execute("set search_path = projection_1; set timezone = 'UTC'").await.unwrap();
    (api, client)
}

/// Every pair of times as a window, closed and open at either end, and each time as a bound of its own.
fn windows(column: &'static str) -> Vec<Vec<Bound>> {
    let bound = |operator, time: &DateTime<Utc>| Bound { column, operator, time: *time };
    let mut windows = vec![vec![]];
    for (at, from) in TIMES.iter().enumerate() {
        windows.extend(["lt", "lte", "gt", "gte"].map(|operator| vec![bound(operator, from)]));
        for (to_at, to) in TIMES.iter().enumerate() {
            let (lower, upper) =
                [("gte", "lt"), ("gt", "lte"), ("gte", "lte"), ("gt", "lt")][(at + to_at) % 4];
            windows.push(vec![bound(lower, from), bound(upper, to)]);
        }
    }
    windows
}

/// Asks the list and PostgreSQL.
async fn compare(api: &Api, client: &Client, asked: &[Asked]) {
    let mut met = 0;
    for asked in asked {
        let naive: i64 = client.query_one(&asked.sql(), &[]).await.unwrap().get(0);
        let answer = api.json(&asked.path()).await;
        assert_eq!(answer["count"], naive, "{asked:?}");
        met += i64::from(naive > 0);
    }
    assert!(met > 20, "only {met} windows held anything");
}

// Seen to fail with nothing taken away; without the last step, from the nearest minute to the window's end; with hours that end on
// half of one; with `lte` taken for `lt`, and `gt` for `gte`; with one clock's counts for the other's; with each kind's counts added
// to those of all kinds; and with rows of every label at the ends.
#[tokio::test]
async fn statuses_are_as_many_as_there_are_rows_for_every_mix_of_labels_and_every_window() {
    let (api, client) = busy().await;
    let mixes = [
        vec![],
        vec![("service", "ingress")],
        vec![("source", "insights-client")],
        vec![("status", "success")],
        vec![("service", "inventory-mq-service"), ("status", "processing")],
        vec![("service", "ingress"), ("source", "inventory")],
        vec![("source", "insights-client"), ("status", "received")],
        vec![("service", "insights-advisor-service"), ("source", "insights-client"), ("status", "success")],
        vec![("service", "nobody")],
    ];
    let mut asked: Vec<_> = mixes.iter().map(|labels| Asked::new("statuses", labels, vec![])).collect();
    for column in ["date", "created_at"] {
        let mixed = windows(column).into_iter().zip(mixes.iter().cycle());
        asked.extend(mixed.map(|(bounds, labels)| Asked::new("statuses", labels, bounds)));
    }
    compare(&api, &client, &asked).await;
}

// Seen to fail with each of the first five of these.
#[tokio::test]
async fn payloads_are_as_many_as_there_are_rows_for_every_window() {
    let (api, client) = busy().await;
    let asked = windows("created_at").into_iter().map(|bounds| Asked::new("payloads", &[], bounds));
    compare(&api, &client, &asked.collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn what_is_not_counted_beforehand_is_counted_row_by_row() {
    let (api, client) = busy().await;
    let bound = |column, operator, time: &str| Bound { column, operator, time: time.parse().unwrap() };
    let both_clocks = || {
        vec![bound("date", "gte", "2026-08-22T00:00:00Z"), bound("created_at", "lt", "2026-08-22T03:00:00Z")]
    };
    let id = client.query_one("select min(request_id) from payloads", &[]).await.unwrap();
    let id: String = id.get(0);
    for asked in [
        Asked::new("statuses", &[], both_clocks()),
        Asked::new("statuses", &[("status", "success")], both_clocks()),
        Asked::new("statuses", &[("request_id", &id), ("status", "received")], vec![]),
        Asked::new(
            "payloads",
            &[("request_id", &id)],
            vec![bound("created_at", "gte", "0001-01-01T00:00:00Z")],
        ),
    ] {
        let naive: i64 = client.query_one(&asked.sql(), &[]).await.unwrap().get(0);
        assert!(naive > 0, "{asked:?}");
        assert_eq!(api.json(&asked.path()).await["count"], naive, "{asked:?}");
    }
}

// Seen to fail with bounds cut off to microseconds.
#[tokio::test]
async fn count_and_page_agree_on_a_bound_that_is_finer_than_what_is_stored() {
    let at = |micros: u32| {
        MessageBuilder::new(&format!("{micros:032x}"))
            .with("date", format!("2026-08-22T00:00:00.{micros:06}Z"))
    };
    let api = Api::of(&[at(0), at(1), at(2)]).await;
    for (query, expected) in [
        ("date_lt=2026-08-22T00:00:00.0000015Z", 2),
        ("date_lte=2026-08-22T00:00:00.0000015Z", 2),
        ("date_gt=2026-08-22T00:00:00.0000005Z", 2),
        ("date_gte=2026-08-22T00:00:00.0000005Z&date_lt=2026-08-22T00:00:00.000001001Z", 1),
    ] {
        let answer = api.json(&format!("/api/v1/statuses?{query}")).await;
        let listed = answer["data"].as_array().unwrap().len();
        assert_eq!((&answer["count"], listed), (&json!(expected), expected), "{query}");
    }
}
