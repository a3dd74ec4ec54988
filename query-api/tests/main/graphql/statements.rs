//! How often the database is asked.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use testkit::MessageBuilder;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::api::{Api, message};

/// Names of the statements that are traced.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if attributes.metadata().name() == "statement" {
            attributes.record(&mut self.clone());
        }
    }
}

impl Visit for Statements {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "otel.name" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

/// Everything that asks the database, of payloads and of what they have.
const EVERYTHING: &str = "{ payloads(first: 50) { totalCount nodes { outcome failure { reason } services { service } \
    claims { claimant { service } } conflicts { value claimant { service } } related(first: 3) { number services { service } } \
    statuses(first: 5) { nodes { statusMsg(full: true) payload { number claims { claimant { service } } } } } \
    end: statuses(last: 2) { nodes { service } } } } \
    statuses(first: 50, sortBy: SERVICE) { totalCount nodes { statusMsg(full: true) payload { services { service } } } } \
    quarantine(first: 50) { totalCount nodes { reason detail } } }";

/// The same of the log.
const THE_LOG: &str = "{ payloads(first: 50) { nodes { explain { because fields { value } mismatches { what } } \
    events(first: 9) { nodes { value full: value(full: true) } } } } events(first: 100) { nodes { value full: value(full: true) } } }";

/// Payloads with four statuses each, of two services, that claim different things.
fn payloads(count: u32) -> Vec<MessageBuilder> {
    let of = |number| {
        let status = |service: &str, org: &str| {
            let status = message(number).with("service", service).with("status", "error").with("org_id", org);
            status.with("inventory_id", format!("i{}", number % 3)).with("status_msg", "x".repeat(5_000))
        };
        [status("ingress", "1"), status("puptoo", "2"), status("puptoo", "1"), status("engine", "3")]
    };
    (0..count).flat_map(of).collect()
}

/// The statements that a query is answered with.
async fn asked(api: &Api, query: &str) -> Vec<String> {
    let statements = Statements::default();
    // With one dispatcher alone, a place that is first passed on a thread of another test would be silent for ever.
    let _other = Dispatch::new(NoSubscriber::new());
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(statements.clone()));
    let answer = api.graphql(query).await;
    assert!(answer["errors"].is_null(), "{answer}");
    let mut names = statements.0.lock().unwrap().clone();
    names.sort();
    names
}

/// Fields of the query that ask the database, and the snapshot: how long anything takes decides which of them are asked together.
const MOST: usize = 28;

// Seen to fail with batches of one, and with a desk that doesn't wait until all have asked.
#[tokio::test]
async fn a_query_asks_no_oftener_for_many_than_for_few() {
    for count in [3, 40] {
        let statements = asked(&Api::of(&payloads(count)).await, EVERYTHING).await;
        assert!((14..=MOST).contains(&statements.len()), "{count}: {statements:#?}");
        let snapshots = statements.iter().filter(|name| name.contains("snapshot::begin"));
        assert_eq!(snapshots.count(), 1, "all of an answer is of one moment: {statements:?}");
    }
}

/// Lists as they were.
const THE_PAST: &str = "{ payloads(first: 50, sortBy: REQUEST_ID, asOf: {time: \"2999-01-01T00:00:00Z\"}) { totalCount \
    nodes { outcome services { service } conflicts { value } statuses(first: 5) { nodes { payload { number } } } explain { because } } } \
    statuses(first: 50, asOf: {positions: [{stream: 1, offset: 10}]}) { totalCount nodes { payload { services { service } } } } }";

#[tokio::test]
async fn the_past_is_asked_no_oftener_for_many_than_for_few() {
    for count in [3, 40] {
        let statements = asked(&Api::of(&payloads(count)).await, THE_PAST).await;
        assert!((18..=30).contains(&statements.len()), "{count}: {statements:#?}");
    }
}

#[tokio::test]
async fn the_log_is_asked_no_oftener_for_many_than_for_few() {
    for count in [3, 25] {
        let statements = asked(&Api::of(&payloads(count)).await, THE_LOG).await;
        assert!((12..=25).contains(&statements.len()), "{count}: {statements:#?}");
    }
}

// Seen to fail with the count taken with the page.
#[tokio::test]
async fn a_total_is_counted_only_where_it_is_asked_for() {
    let api = Api::of(&payloads(3)).await;
    let counts = async |query: &str| {
        let statements = asked(&api, query).await;
        statements.iter().filter(|name| name.contains("count")).count()
    };
    let filter = "(first: 2, filter: {orgId: {eq: \"1\"}})";
    assert_eq!(counts(&format!("{{ payloads{filter} {{ nodes {{ number }} }} }}")).await, 0);
    assert_eq!(counts(&format!("{{ payloads{filter} {{ totalCount }} }}")).await, 1);
    for list in
        ["statuses", "statuses(sortBy: STATUS, last: 2)", "payloads(filter: {outcome: {eq: FAILURE}})"]
    {
        assert_eq!(counts(&format!("{{ {list} {{ nodes {{ number }} }} }}")).await, 0, "{list}");
        assert_eq!(counts(&format!("{{ {list} {{ totalCount }} }}")).await, 1, "{list}");
    }
}

/// The statistics of a day, and what is asked of them.
async fn asked_of_stats(api: &Api, fields: &str) -> Vec<String> {
    let window = "window: {from: \"2026-08-22T00:00:00Z\", to: \"2026-08-23T00:00:00Z\"}";
    let statements = asked(api, &format!("{{ stats({window}) {{ {fields} }} }}")).await;
    let names = statements.into_iter().filter(|name| !name.contains("snapshot::begin"));
    names.map(|name| name.trim_matches('"').to_owned()).collect()
}

#[tokio::test]
async fn statistics_ask_for_what_is_asked_for_however_much_there_is() {
    for count in [3, 40] {
        let api = Api::of(&payloads(count)).await;
        for (fields, statements) in [
            ("payloads { total success }", &["stat::outcomes"][..]),
            ("statusCount", &["stat::status_counts"]),
            ("services(first: 5) { service payloads { failure } }", &["stat::count_kinds", "stat::services"]),
            ("buckets { from to }", &[]),
            ("buckets { statusCount }", &["stat::status_counts"]),
            ("buckets { ...one } } } fragment one on StatBucket { payloads { total", &["stat::outcomes"]),
            ("latency { p50 }", &["payload::count_within", "stat::latencies"]),
            ("organisations { orgId latency { p50 } }", &["payload::count_within", "stat::organisations"]),
            (
                "services { latency { p50 } }",
                &["payload::count_within", "stat::count_kinds", "stat::service_latencies", "stat::services"],
            ),
            ("statuses(first: 99) { count }", &["stat::count_kinds", "stat::kinds"]),
        ] {
            // The braces of a fragment are the query's.
            assert_eq!(asked_of_stats(&api, fields).await, statements, "{fields}");
        }
    }
}
