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
    parts: Arc<Mutex<BTreeMap<String, State>>>,
}

/// One part's way to say how it is.
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    health: Health,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Ready,
    NotReady(String),
}

impl Health {
    /// Adds a part. Until it says otherwise it isn't ready, for it is starting.
    pub fn part(&self, name: impl Into<String>) -> Part {
        let part = Part { name: name.into(), health: self.clone() };
        part.not_ready("starting");
        part
    }

    /// By part, why it isn't ready. Empty when the process is.
    pub fn reasons(&self) -> BTreeMap<String, String> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = |(name, state): (&String, &State)| match state {
            State::Ready => None,
            State::NotReady(reason) => Some((name.clone(), reason.clone())),
        };
        parts.iter().filter_map(reason).collect()
    }

    fn set(&self, name: &str, state: State) {
        metrics::gauge!(READY, "part" => name.to_owned()).set(f64::from(u8::from(state == State::Ready)));
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), state);
    }
}

impl Part {
    /// It does its work.
    pub fn ready(&self) {
        self.health.set(&self.name, State::Ready);
    }

    /// It can't, for this reason.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.health.set(&self.name, State::NotReady(reason.into()));
    }

    /// There is nothing left for it to do: no one waits for it any more.
    pub fn leave(self) {
        // The metric can't be taken back, and isn't to raise an alarm.
        self.ready();
        self.health.parts.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
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
        assert_eq!(
            health.reasons(),
            BTreeMap::from([("database".to_owned(), "connection refused".to_owned())])
        );
        database.ready();
        assert!(health.reasons().is_empty());
    }

    // Seen to fail with a part that stays.
    #[test]
    fn a_part_that_has_left_is_no_longer_waited_for() {
        let health = Health::default();
        let part = health.part(format!("generation {}", 2));
        part.not_ready("it is gone");
        assert_eq!(health.reasons().len(), 1);
        part.leave();
        assert!(health.reasons().is_empty());
    }
}
