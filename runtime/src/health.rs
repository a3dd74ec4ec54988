//! Health: each part of a process says whether it can do its work, and why not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Whether a part of the process can do its work, by part.
const READY: &str = "payload_tracker_ready";

/// Describes the metric.
pub(crate) fn describe() {
    metrics::describe_gauge!(READY, "1 when the part of the process can do its work; /ready says why not");
}

/// What the parts of a process last said of themselves.
#[derive(Clone, Debug, Default)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<&'static str, State>>>,
}

/// One part's way to say how it is.
#[derive(Clone, Debug)]
pub struct Part {
    name: &'static str,
    health: Health,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Ready,
    NotReady(String),
}

impl Health {
    /// Adds a part. Until it says otherwise it isn't ready, for it is starting.
    pub fn part(&self, name: &'static str) -> Part {
        let part = Part { name, health: self.clone() };
        part.not_ready("starting");
        part
    }

    /// By part, why it isn't ready. Empty when the process is.
    pub fn reasons(&self) -> BTreeMap<&'static str, String> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = |(name, state): (&&'static str, &State)| match state {
            State::Ready => None,
            State::NotReady(reason) => Some((*name, reason.clone())),
        };
        parts.iter().filter_map(reason).collect()
    }

    fn set(&self, name: &'static str, state: State) {
        metrics::gauge!(READY, "part" => name).set(f64::from(u8::from(state == State::Ready)));
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(name, state);
    }
}

impl Part {
    /// It does its work.
    pub fn ready(&self) {
        self.health.set(self.name, State::Ready);
    }

    /// It can't, for this reason.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.health.set(self.name, State::NotReady(reason.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_when_all_its_parts_are() {
        let health = Health::default();
        let (kafka, database) = (health.part("kafka"), health.part("database"));
        kafka.ready();
        database.not_ready("connection refused");
        assert_eq!(health.reasons(), BTreeMap::from([("database", "connection refused".to_owned())]));
        database.ready();
        assert!(health.reasons().is_empty());
    }
}
