//! How much may come in, and from where.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::Args;
use ipnet::IpNet;

use super::WebUrl;

/// Limits of what clients may do.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Traffic")]
pub struct TrafficArgs {
    /// How many requests a client may send in a minute, over HTTP and WebSocket: an organisation, an associate, else an address
    /// (of IPv6, a /64)
    #[arg(
        long,
        env = "MAX_REQUESTS_PER_MINUTE",
        value_name = "MAX_REQUESTS_PER_MINUTE",
        default_value = "3000"
    )]
    pub max_requests_per_minute: NonZeroU32,
    /// Proxies whose X-Forwarded-For is believed: addresses or networks, joined by commas
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// How many connections are open at once. More wait until one is closed
    #[arg(long, env = "MAX_CONNECTIONS", value_name = "MAX_CONNECTIONS", default_value = "512")]
    pub max_connections: NonZeroU32,
    /// How long a client may take to send the head of a request, or take nothing of an answer, in milliseconds
    #[arg(long, env = "CLIENT_TIMEOUT_MS", value_name = "CLIENT_TIMEOUT_MS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    pub client_timeout_ms: u64,
    /// How long an answer may take to be sent, in milliseconds. It is broken off then, for it holds a connection of the database
    #[arg(long, env = "ANSWER_TIMEOUT_MS", value_name = "ANSWER_TIMEOUT_MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1_000..=3_600_000))]
    pub answer_timeout_ms: u64,
    /// Origins whose pages may read answers and open a WebSocket, joined by commas [default: none]
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", value_name = "CORS_ALLOWED_ORIGINS", value_delimiter = ',')]
    pub cors_allowed_origins: Vec<Origin>,
}

impl TrafficArgs {
    pub(crate) fn client_timeout(&self) -> Duration {
        Duration::from_millis(self.client_timeout_ms)
    }

    pub(crate) fn answer_timeout(&self) -> Duration {
        Duration::from_millis(self.answer_timeout_ms)
    }
}

/// Where a page of the web is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub(crate) HeaderValue);

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: WebUrl = text.parse()?;
        if url.url().origin().ascii_serialization() != text {
            return Err("an origin is a scheme, a host and a port, without anything after it");
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| "it holds what a header can't")
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "it is neither an address nor a network such as 10.0.0.0/8")
}
