//! Traces: what a request did and how long each part of it took, sent to a collector by OTLP over HTTP.
//!
//! Where to, and how many of them, is said by OpenTelemetry's own variables:
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

mod collector;

use std::error::Error;
use std::time::Duration;

use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use self::collector::Collector;
use super::{ENDPOINTS, is_set};

const NAME: &str = "payload-tracker";
/// For the last traces, when the process ends: it has been given little time for that.
const LAST: Duration = Duration::from_secs(2);

/// Where traces go. Nowhere, when no collector is named.
#[derive(Debug)]
pub struct Traces {
    provider: Option<SdkTracerProvider>,
    fault: Option<String>,
}

impl Traces {
    /// Connects to nothing yet.
    pub(super) fn start() -> Self {
        if !ENDPOINTS.iter().any(|name| is_set(name)) {
            return Self { provider: None, fault: None };
        }
        match provider() {
            Ok(provider) => Self { provider: Some(provider), fault: None },
            Err(error) => Self { provider: None, fault: Some(error.to_string()) },
        }
    }

    /// Takes up spans of ours; events stay in the logs.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> Option<impl Layer<S> + use<S>> {
        let tracer = self.provider.as_ref()?.tracer(NAME);
        let is_ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("query_api"));
        let layer: tracing_opentelemetry::OpenTelemetryLayer<S, _> =
            tracing_opentelemetry::layer().with_tracer(tracer);
        Some(layer.with_location(false).with_threads(false).with_filter(is_ours))
    }

    /// Once there are logs.
    pub(super) fn tell(&self) {
        if let Some(fault) = &self.fault {
            warn!(error = fault, "no traces are sent");
        }
    }

    /// Sends what wasn't sent yet. It waits for the collector, but not for long.
    pub fn finish(self) {
        if let Some(Err(error)) = self.provider.map(|provider| provider.shutdown_with_timeout(LAST)) {
            warn!(error = %error, "the last traces could not be sent");
        }
    }
}

/// Makes a span part of the trace that whoever asked has begun (`traceparent`, <https://www.w3.org/TR/trace-context/>).
pub fn continue_trace(span: &Span, headers: &HeaderMap) {
    // It fails where nothing is traced.
    let _ = span.set_parent(TraceContextPropagator::new().extract(&HeaderExtractor(headers)));
}

fn provider() -> Result<SdkTracerProvider, Box<dyn Error>> {
    let exporter = SpanExporter::builder().with_http().with_http_client(Collector::new()?).build()?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build())
}

fn resource() -> Resource {
    let named = Resource::builder();
    if is_set("OTEL_SERVICE_NAME") { named.build() } else { named.with_service_name(NAME).build() }
}
