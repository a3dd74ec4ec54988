//! The topic's id: how Kafka tells a topic from another one of its name.
//!
//! librdkafka fetches by id, so that no record of a topic that was made again comes before it has taken on the new id. It tells
//! nobody but its debug log (`docs/decisions/0007-topic-ids.md`), and there before anything else: a record that was polled while
//! no change had been told is of the topic that was there before.

use std::sync::{Mutex, PoisonError};

/// What the log calls no id at all.
const NONE: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Follows the id of the topic that is being read. There is only one.
#[derive(Debug, Default)]
pub(super) struct TopicId {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    id: Option<String>,
    has_changed: bool,
}

impl TopicId {
    /// Listens to a line of the log.
    pub(super) fn hear(&self, line: &str) {
        let Some(id) = new_id(line) else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.id.as_ref().is_some_and(|known| known != id) {
            state.has_changed = true;
        }
        state.id = Some(id.to_owned());
    }

    /// Whether the topic was made again since reading began.
    pub(super) fn has_changed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).has_changed
    }

    /// The id that the topic had all along; `None` when it was made again since reading began.
    pub(super) fn unchanged(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.id.clone().filter(|_| !state.has_changed)
    }

    /// The id that reading begins with now; `None` where the broker gives none.
    pub(super) fn begin(&self) -> Option<String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.has_changed = false;
        state.id.clone()
    }
}

/// From `… Topic NAME changed id from OLD to NEW`.
fn new_id(line: &str) -> Option<&str> {
    let (_, change) = line.split_once(" changed id from ")?;
    let (_, id) = change.split_once(" to ")?;
    Some(id.trim_end()).filter(|id| *id != NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(from: &str, to: &str) -> String {
        format!("[thrd:main]: Topic platform.payload-status changed id from {from} to {to}")
    }

    #[test]
    fn the_first_id_is_no_change_and_another_one_is() {
        let topic_id = TopicId::default();
        topic_id.hear("[thrd:main]: Topic platform.payload-status partition 3 Leader 1");
        assert_eq!(topic_id.begin(), None);
        topic_id.hear(&line(NONE, "kkEAVF+1SWOgjWBIdWVFrA"));
        assert!(!topic_id.has_changed());
        assert_eq!(topic_id.begin().as_deref(), Some("kkEAVF+1SWOgjWBIdWVFrA"));
        // As when the client forgot the topic for a while.
        topic_id.hear(&line(NONE, "kkEAVF+1SWOgjWBIdWVFrA"));
        assert!(!topic_id.has_changed());
        topic_id.hear(&line("kkEAVF+1SWOgjWBIdWVFrA", "Mnq2JVaJQHWHfdUHTrqpYQ"));
        assert!(topic_id.has_changed());
        assert_eq!(topic_id.begin().as_deref(), Some("Mnq2JVaJQHWHfdUHTrqpYQ"));
        assert!(!topic_id.has_changed());
    }
}
