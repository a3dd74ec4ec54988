//! What is logged, at every level, while a test runs on one thread.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level};

/// It listens until dropped.
pub(crate) struct Log {
    bytes: Bytes,
    _guard: DefaultGuard,
    /// With one alone, a place that logs first on a thread of another test would be silent for ever.
    _other: Dispatch,
}

#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens from now on, to lines of JSON.
    pub(crate) fn start() -> Self {
        let bytes = Bytes::default();
        let writer = bytes.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        let other = Dispatch::new(NoSubscriber::new());
        Self { bytes, _guard: tracing::subscriber::set_default(subscriber), _other: other }
    }

    /// All that was said.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
