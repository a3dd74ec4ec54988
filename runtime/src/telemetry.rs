//! Logs, traces and metrics: set up once, at the start of a process.

#[cfg(feature = "opentelemetry")]
mod trace;
#[cfg(not(feature = "opentelemetry"))]
#[path = "telemetry/untraced.rs"]
mod trace;

use std::io::{IsTerminal as _, stderr};

use clap::Args;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::level_filters::LevelFilter;
use tracing::warn;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// In seconds: the incumbent's dashboards graph these.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Who is to have traces, as OpenTelemetry names it.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

pub use self::trace::{Traces, continue_trace};

/// What to log.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Logging")]
pub struct LogArgs {
    /// error, warn, info, debug or trace; anything else means info
    #[arg(long = "log-level", env = "LOGLEVEL", value_name = "LOGLEVEL", global = true)]
    level: Option<String>,
    /// Another name of LOGLEVEL
    #[arg(long = "log-level-alias", env = "LOG_LEVEL", hide = true, global = true)]
    alias: Option<String>,
}

/// Sends logs to stderr from now on: one JSON object a line, or for people when stderr is a terminal. And traces to a collector, if
/// one is named and this build has the feature `opentelemetry`.
pub fn init(args: &LogArgs) -> Traces {
    let asked = args.level.as_ref().or(args.alias.as_ref()).map(|level| level.to_lowercase());
    let level = match asked.as_deref() {
        Some("warning") => Some(LevelFilter::WARN),
        Some(level) => level.parse().ok(),
        None => Some(LevelFilter::INFO),
    };
    // librdkafka and tokio-postgres speak at info of what we report ourselves.
    let filter = Targets::new()
        .with_default(level.unwrap_or(LevelFilter::INFO))
        .with_target("tokio_postgres", LevelFilter::WARN)
        .with_target("refinery_core", LevelFilter::WARN)
        // At debug it tells what a collector answers, which may hold secrets.
        .with_target("opentelemetry", LevelFilter::WARN);
    // Spans are for traces: where there are none they cost nothing.
    let filter = filter.and(filter_fn(|metadata| !metadata.is_span()));
    let traces = Traces::start();
    let registry = tracing_subscriber::registry().with(traces.layer());
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr);
    if stderr().is_terminal() {
        registry.with(lines.compact().with_target(false).with_filter(filter)).init();
    } else {
        registry.with(lines.json().flatten_event(true).with_filter(filter)).init();
    }
    if level.is_none() {
        warn!(LOGLEVEL = asked, "unknown log level, using info");
    }
    traces.tell();
    traces
}

/// An empty variable counts as unset.
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Records metrics from now on.
///
/// # Errors
/// When a recorder is there already.
pub fn init_metrics() -> Result<PrometheusHandle, BuildError> {
    let prometheus = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
        .install_recorder()?;
    crate::health::describe();
    crate::retry::describe();
    Ok(prometheus)
}
