//! Messages as services publish them.

use serde_json::{Value, json};

/// A message with fixed defaults: override what a test is about.
#[derive(Clone, Debug)]
pub struct MessageBuilder {
    message: Value,
}

impl MessageBuilder {
    /// `received` by `ingress`, with a fixed date.
    pub fn new(request_id: &str) -> Self {
        let message = json!({
            "service": "ingress",
            "status": "received",
            "request_id": request_id,
            "date": "2026-08-22T04:17:03Z",
        });
        Self { message }
    }

    /// Sets any field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.message[field] = value.into();
        self
    }

    /// The bytes to publish.
    pub fn build(&self) -> Vec<u8> {
        self.message.to_string().into_bytes()
    }
}
