//! The generator: payloads that begin one after another and pass their services at the same time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::chain::{self, Run};
use crate::message::{Expectation, Message};
use crate::producer::{INVENTORY, PATCHMAN, PUPTOO, Producer};
use crate::random::Chance;
use crate::{malformed, odd};

/// Payloads that begin in a second of the simulated time.
const PAYLOADS_PER_SECOND: f64 = 20.0;
/// Between two statuses of a service, and between a status and its arrival: chosen so that one arrival in five is late.
const STEP_SECONDS: f64 = 0.02;
const ARRIVAL_SECONDS: f64 = 0.008;
/// The share of service runs that fail.
const FAILURES: f64 = 0.01;
/// The share of messages that are odd, and valid all the same.
const ODD: f64 = 0.01;

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadConfig {
    /// The same seed gives the same messages.
    pub seed: u64,
    /// The share of messages that can't be decoded, from 0 to 1.
    pub malformed_share: f64,
    /// The date of the first payload.
    pub start: DateTime<Utc>,
}

/// An endless traffic of messages, in the order of their arrival.
#[derive(Debug)]
pub struct Workload {
    config: WorkloadConfig,
    chance: Chance,
    /// When the next payload begins, in simulated time.
    next_payload_at: DateTime<Utc>,
    under_way: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    repeat: Option<Message>,
}

/// A message to come. Ordered by arrival, then by the order of planning.
#[derive(Debug)]
struct Planned {
    arrives_at: DateTime<Utc>,
    number: u64,
    status: Status,
}

/// What a message will say.
#[derive(Clone, Debug)]
struct Status {
    payload: Rc<Payload>,
    run: Rc<Run>,
    date: DateTime<Utc>,
    status: &'static str,
    is_failure: bool,
}

/// What the messages of a payload have in common.
#[derive(Debug)]
struct Payload {
    request_id: String,
    inventory_id: String,
    org: u32,
}

impl Default for WorkloadConfig {
    fn default() -> Self {
        let start = DateTime::from_timestamp(1_787_356_800, 0).expect("a constant in range");
        Self { seed: 1, malformed_share: 0.005, start }
    }
}

impl Workload {
    /// Traffic that begins at the configured date.
    pub fn new(config: WorkloadConfig) -> Self {
        Self {
            chance: Chance::new(config.seed),
            next_payload_at: config.start,
            config,
            under_way: BinaryHeap::new(),
            planned: 0,
            repeat: None,
        }
    }

    fn begin_payload(&mut self) {
        let began_at = self.next_payload_at;
        self.next_payload_at += seconds(self.chance.around(1.0 / PAYLOADS_PER_SECOND, 0.5));
        let (request_id, inventory_id) = (self.chance.id(), dashed(&self.chance.id()));
        let payload = Rc::new(Payload { request_id, inventory_id, org: self.chance.org() });
        let mut date = began_at;
        for run in chain::plan(&mut self.chance) {
            date = self.plan_run(&payload, run, date);
        }
    }

    /// Plans a service's messages from `date` on, and says when the next service begins.
    fn plan_run(&mut self, payload: &Rc<Payload>, mut run: Run, mut date: DateTime<Utc>) -> DateTime<Utc> {
        let is_failure = run.statuses.len() > 1 && self.chance.is(FAILURES);
        if is_failure {
            run.statuses.pop();
            run.statuses.push("error");
            if run.producer == PUPTOO {
                run.statuses.push("failed");
            }
        }
        let run = Rc::new(run);
        let last = run.statuses.len() - 1;
        for (at, status) in run.statuses.iter().enumerate() {
            // The work is done before the last status, and patchman dates a whole batch alike.
            let median = if at == last { run.producer.latency } else { STEP_SECONDS };
            if at > 0 && run.producer != PATCHMAN {
                date += seconds(self.chance.around(median, 0.8));
            }
            let is_failure = is_failure && (*status == "error" || *status == "failed");
            let status =
                Status { payload: Rc::clone(payload), run: Rc::clone(&run), date, status, is_failure };
            self.plan(status);
        }
        // The next service is told before this one is done.
        date + seconds(self.chance.around(STEP_SECONDS, 1.0))
    }

    fn plan(&mut self, status: Status) {
        let arrives_at = status.date + seconds(self.chance.around(ARRIVAL_SECONDS, 1.3));
        self.planned += 1;
        self.under_way.push(Reverse(Planned { arrives_at, number: self.planned, status }));
    }

    fn write(&mut self, status: &Status) -> Message {
        let Status { payload, run, .. } = status;
        let producer = run.producer;
        let id = if run.is_dashed { dashed(&payload.request_id) } else { payload.request_id.clone() };
        let id = run.part.as_ref().map_or(id.clone(), |part| format!("{id}:{part}"));
        // Numbers with a fraction that is 0 show without one.
        let nanos = if self.chance.is(0.05) { 0 } else { 1 + self.chance.below(999) };
        let date = producer.date_form.write(status.date, u32::try_from(nanos).expect("below 1000"));
        let mut json = format!(
            r#"{{"service":"{}","request_id":"{id}","status":"{}","date":"{date}""#,
            producer.name, status.status
        );
        self.write_optional(&mut json, status);
        json.push('}');
        let expected = Expectation::Status { request_id: payload.request_id.clone(), part: run.part.clone() };
        Message { key: None, value: Some(json.into_bytes()), expected }
    }

    fn write_optional(&mut self, json: &mut String, status: &Status) {
        let Status { payload, run, .. } = status;
        let Producer { has_org, has_inventory_id, source, .. } = run.producer;
        let mut field = |name: &str, value: &str| {
            json.push_str(",\"");
            json.push_str(name);
            json.push_str("\":");
            json.push_str(value);
        };
        if has_org {
            match self.chance.below(100) {
                0..68 => field("org_id", &format!("\"{:06}\"", payload.org)),
                68..88 => field("org_id", "null"),
                _ => {}
            }
            match self.chance.below(100) {
                0..27 => field("account", &format!("\"{:07}\"", payload.org * 3)),
                27..55 => field("account", "null"),
                55..64 => field("account", "\"\""),
                _ => {}
            }
        } else if run.producer != INVENTORY && self.chance.is(0.3) {
            field("org_id", "null");
        }
        if let Some(source) = source {
            field("source", &format!("\"{source}\""));
        }
        if has_inventory_id {
            let inventory_id = run.inventory_id.as_ref().unwrap_or(&payload.inventory_id);
            field("inventory_id", &format!("\"{inventory_id}\""));
        }
        if self.chance.is(0.07) {
            field("system_id", &format!("\"{}\"", payload.inventory_id));
        }
        if self.chance.is(0.04) {
            field("payload_id", &format!("\"{}\"", payload.request_id));
        }
        if status.is_failure {
            let lines = 10 + self.chance.below(90);
            let line = r#"  File \"/usr/lib/python3/worker.py\", line 42, in process\n    raise ValueError(message)\n"#;
            field("status_msg", &format!("\"Traceback (most recent call last):\\n{}\"", line.repeat(lines)));
        } else if self.chance.is(0.6) {
            field(
                "status_msg",
                &format!("\"{}: {} by {}\"", self.chance.of(&REMARKS), status.status, run.producer.name),
            );
        }
    }
}

const REMARKS: [&str; 4] = [
    "message accepted for processing",
    "upload validated and sent on",
    "host was updated",
    "advanced to the next step of the pipeline",
];

impl Iterator for Workload {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        if let Some(message) = self.repeat.take() {
            return Some(message);
        }
        if self.chance.is(self.config.malformed_share) {
            return Some(malformed::message(&mut self.chance));
        }
        while self.under_way.peek().is_none_or(|Reverse(next)| next.arrives_at > self.next_payload_at) {
            self.begin_payload();
        }
        let Reverse(next) = self.under_way.pop().expect("one was just begun");
        let mut message = self.write(&next.status);
        if self.chance.is(ODD) {
            odd::make(&mut message, &mut self.chance);
        }
        // A producer that wasn't sure sends the very same bytes again.
        self.repeat = self.chance.is(0.0005).then(|| message.clone());
        Some(message)
    }
}

impl Planned {
    fn key(&self) -> (DateTime<Utc>, u64) {
        (self.arrives_at, self.number)
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

fn seconds(seconds: f64) -> TimeDelta {
    TimeDelta::microseconds((seconds * 1e6) as i64)
}

fn dashed(id: &str) -> String {
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
}
