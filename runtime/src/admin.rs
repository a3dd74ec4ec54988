//! The metrics port that every process has: `/metrics`, `/live`, `/ready`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use metrics_process::Collector;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::health::Health;

/// Histograms keep what came since the last upkeep: drain them even when nobody scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Where the metrics port is.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Listening")]
pub struct AdminArgs {
    /// Port of /metrics, /live and /ready
    #[arg(long, env = "METRICSPORT", value_name = "METRICSPORT", default_value_t = 8081)]
    pub metrics_port: u16,
    /// Path of the metrics on that port
    #[arg(long, env = "METRICS_PATH", value_name = "METRICS_PATH", default_value = "/metrics", value_parser = metrics_path)]
    pub metrics_path: String,
    /// Address that every port of this process listens on [default: 0.0.0.0; for `dev`: 127.0.0.1]
    #[arg(long, env = "LISTEN_ADDRESS", value_name = "LISTEN_ADDRESS")]
    pub listen_address: Option<IpAddr>,
}

impl AdminArgs {
    /// The address to listen on: all interfaces, unless told otherwise.
    pub fn listen_address(&self) -> IpAddr {
        self.listen_address.unwrap_or(Ipv4Addr::UNSPECIFIED.into())
    }
}

fn metrics_path(text: &str) -> Result<String, &'static str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    if !text.starts_with('/') || !is_plain {
        return Err("it must begin with / and hold letters, digits and -_./ alone");
    }
    if ["/", "/live", "/ready"].contains(&text) {
        return Err("something else is there");
    }
    Ok(text.to_owned())
}

/// Binds a port.
///
/// # Errors
/// Names the port, for the system's own words don't.
pub async fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::from((address, port));
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("can't listen on {address}: {error}"));
    TcpListener::bind(address).await.map_err(named)
}

/// Serves the metrics port until `stop`.
pub async fn serve(
    listener: TcpListener,
    metrics_path: String,
    health: Health,
    prometheus: PrometheusHandle,
    stop: CancellationToken,
) -> io::Result<()> {
    let server = axum::serve(listener, router(&metrics_path, health, prometheus.clone()))
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    Collector::default().describe();
    let upkeep = async {
        loop {
            tokio::time::sleep(UPKEEP_INTERVAL).await;
            prometheus.run_upkeep();
        }
    };
    tokio::select! {
        served = server.into_future() => served,
        () = upkeep => Ok(()),
    }
}

fn router(metrics_path: &str, health: Health, prometheus: PrometheusHandle) -> Router {
    Router::new()
        .route("/", get(|| async { "payload-tracker: /metrics /live /ready\n" }))
        .route("/live", get(|| async { "OK" }))
        .route("/ready", get(ready).with_state(health))
        .route(
            metrics_path,
            get(|State(prometheus): State<PrometheusHandle>| async move {
                Collector::default().collect();
                prometheus.render()
            }),
        )
        .with_state(prometheus)
}

async fn ready(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    let reasons = health.reasons();
    if reasons.is_empty() {
        return (StatusCode::OK, Json(json!({ "ready": true })));
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "reasons": reasons })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_metrics_is_one_that_is_free() {
        assert_eq!(metrics_path("/a/metrics").as_deref(), Ok("/a/metrics"));
        for path in ["", "/", "metrics", "/live", "/ready", "/{*any}"] {
            assert!(metrics_path(path).is_err(), "{path}");
        }
    }
}
