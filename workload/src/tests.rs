//! The shares that make the traffic real, within bands.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::{Expectation, Message, Workload, WorkloadConfig};

const COUNT: usize = 60_000;

fn messages(config: WorkloadConfig) -> Vec<Message> {
    Workload::new(config).take(COUNT).collect()
}

fn objects(messages: &[Message]) -> Vec<Value> {
    messages.iter().filter_map(|message| serde_json::from_slice(message.value.as_deref()?).ok()).collect()
}

fn share<T>(items: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    items.iter().filter(|item| holds(item)).count() as f64 / items.len() as f64
}

#[track_caller]
fn assert_within(value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{value} is not within {low}..={high}");
}

#[test]
fn the_same_seed_gives_the_same_messages_and_another_seed_others() {
    let first = messages(WorkloadConfig::default());
    assert_eq!(first, messages(WorkloadConfig::default()));
    assert_ne!(first, messages(WorkloadConfig { seed: 2, ..WorkloadConfig::default() }));
}

#[test]
fn values_are_as_long_as_real_ones() {
    let mut sizes: Vec<usize> = messages(WorkloadConfig::default())
        .iter()
        .filter_map(|message| Some(message.value.as_ref()?.len()))
        .collect();
    sizes.sort_unstable();
    let percentile = |percent: usize| sizes[sizes.len() * percent / 100] as f64;
    assert_within(percentile(50), 200.0, 270.0);
    assert_within(percentile(90), 260.0, 360.0);
    assert!(sizes.last().is_some_and(|largest| *largest > 1_000), "errors carry tracebacks");
}

#[test]
fn fields_are_there_as_often_as_in_real_messages() {
    let objects = objects(&messages(WorkloadConfig::default()));
    let present = |field: &str| share(&objects, |object| object.get(field).is_some());
    assert_within(present("org_id"), 0.5, 0.8);
    assert_within(present("account"), 0.2, 0.5);
    assert_within(present("inventory_id"), 0.2, 0.5);
    assert_within(present("status_msg"), 0.5, 0.7);
    assert_within(present("source"), 0.01, 0.08);
    assert_within(present("system_id"), 0.05, 0.09);
}

#[test]
fn a_fifth_of_the_arrivals_is_late() {
    let objects = objects(&messages(WorkloadConfig { malformed_share: 0.0, ..WorkloadConfig::default() }));
    let mut latest: HashMap<String, String> = HashMap::new();
    let mut late = 0;
    for object in &objects {
        let text = |field: &str| object[field].as_str().unwrap_or_default();
        let id = text("request_id").replace('-', "");
        let id = id.get(..32).unwrap_or_default().to_owned();
        let date = text("date").trim().replace(' ', "T").replace('Z', "");
        let known = latest.entry(id).or_default();
        late += usize::from(date < *known);
        *known = date.max(std::mem::take(known));
    }
    assert_within(late as f64 / objects.len() as f64, 0.12, 0.32);
}

#[test]
fn ids_come_in_every_form() {
    let messages = messages(WorkloadConfig { malformed_share: 0.0, ..WorkloadConfig::default() });
    let form = |object: &Value| object["request_id"].as_str().map_or(0, str::len);
    let objects = objects(&messages);
    assert_within(share(&objects, |object| form(object) == 36), 0.03, 0.25);
    assert_within(share(&objects, |object| form(object) == 98), 0.01, 0.35);
    let parts =
        share(&messages, |message| matches!(message.expected, Expectation::Status { part: Some(_), .. }));
    assert_within(parts, 0.01, 0.35);
}

#[test]
fn about_twenty_services_send_nine_statuses() {
    let objects = objects(&messages(WorkloadConfig::default()));
    let distinct = |field: &str| {
        objects.iter().filter_map(|object| object[field].as_str()).collect::<HashSet<_>>().len()
    };
    assert_within(distinct("service") as f64, 17.0, 20.0);
    assert_within(distinct("status") as f64, 6.0, 9.0);
}

#[test]
fn malformed_messages_are_as_many_as_asked_for_and_of_every_reason() {
    let messages = messages(WorkloadConfig { malformed_share: 0.1, ..WorkloadConfig::default() });
    let reason = |message: &Message| match message.expected {
        Expectation::Quarantine { reason } => Some(reason),
        Expectation::Status { .. } => None,
    };
    assert_within(share(&messages, |message| reason(message).is_some()), 0.09, 0.11);
    assert_eq!(messages.iter().filter_map(reason).collect::<HashSet<_>>().len(), 12);
}
