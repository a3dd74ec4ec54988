//! Messages, each with what a tracker must make of it.

/// A message as a producer publishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The key; nearly always none.
    pub key: Option<String>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// What a tracker must make of it.
    pub expected: Expectation,
}

/// What a tracker must make of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// It is a status.
    Status {
        /// The payload it belongs to, in canonical form.
        request_id: String,
        /// The rest of a chained id, in canonical form.
        part: Option<String>,
    },
    /// It can't be decoded.
    Quarantine {
        /// The reason's code.
        reason: &'static str,
    },
}
