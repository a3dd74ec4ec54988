//! In the place of traces, in builds without them.

use axum::http::HeaderMap;
use tracing::{Span, Subscriber, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Identity;

use super::{ENDPOINTS, is_set};

/// Where traces go: nowhere.
#[derive(Debug)]
pub struct Traces;

impl Traces {
    pub(super) fn start() -> Self {
        Self
    }

    pub(super) fn layer<S: Subscriber>(&self) -> Option<impl Layer<S> + use<S>> {
        None::<Identity>
    }

    /// That somebody waits for them in vain.
    pub(super) fn tell(&self) {
        if let Some(name) = ENDPOINTS.iter().find(|name| is_set(name)) {
            warn!(variable = name, "no traces are sent: this build is without the feature `opentelemetry`");
        }
    }

    /// There are none to send.
    pub fn finish(self) {}
}

/// There is none to continue.
pub fn continue_trace(_: &Span, _: &HeaderMap) {}
