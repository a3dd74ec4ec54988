//! Logs and metrics: set up once, at the start of a process.

use std::io::{IsTerminal as _, stderr};

use clap::Args;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::level_filters::LevelFilter;
use tracing::warn;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// In seconds: the incumbent's dashboards graph these.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

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

/// Sends logs to stderr from now on: one JSON object a line, or for people when stderr is a terminal.
pub fn init_logs(args: &LogArgs) {
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
        .with_target("refinery_core", LevelFilter::WARN);
    let registry = tracing_subscriber::registry().with(filter);
    if stderr().is_terminal() {
        registry
            .with(tracing_subscriber::fmt::layer().compact().with_target(false).with_writer(stderr))
            .init();
    } else {
        registry.with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(stderr)).init();
    }
    if level.is_none() {
        warn!(LOGLEVEL = asked, "unknown log level, using info");
    }
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
