//! What keeps us from the brokers, in librdkafka's words.

use std::sync::{Mutex, PoisonError};

/// The last reason why a connection to a broker failed.
///
/// The error that a consumer is handed has only a code ("SSL error"), and "all brokers are down" follows it at once. What a
/// person can act on (a wrong password, a certificate by another authority) is in the log line alone.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    last: Mutex<Option<String>>,
}

impl Trouble {
    /// Listens to the log of librdkafka.
    pub(super) fn hear(&self, facility: &str, line: &str) {
        if facility == "FAIL" {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(words(line).to_owned());
        }
    }

    /// What is known without, and the reason that was last heard.
    pub(super) fn explain(&self, known: &str) -> String {
        match &*self.last.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(reason) => format!("{known}: {reason}"),
            None => known.to_owned(),
        }
    }
}

/// Without the name of the thread.
fn words(line: &str) -> &str {
    match line.strip_prefix("[thrd:").and_then(|line| line.split_once("]: ")) {
        Some((_thread, words)) => words,
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_connection_is_remembered_and_other_lines_are_not() {
        let trouble = Trouble::default();
        assert_eq!(trouble.explain("down"), "down");
        trouble.hear(
            "FAIL",
            "[thrd:sasl_ssl://127.0.0.1:1/bootstrap]: sasl_ssl://127.0.0.1:1/bootstrap: refused",
        );
        trouble.hear("SESSTMOUT", "[thrd:main]: something else");
        assert_eq!(trouble.explain("down"), "down: sasl_ssl://127.0.0.1:1/bootstrap: refused");
    }
}
