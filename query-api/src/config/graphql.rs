//! What GraphQL tells of itself, and how many may listen.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::{ArgAction, Args};

/// How GraphQL is served.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "GraphQL")]
pub struct GraphqlArgs {
    /// Whether who may ask may ask for the schema too. Without it GraphiQL can't complete what is typed
    #[arg(long = "graphql-introspection", env = "GRAPHQL_INTROSPECTION", value_name = "GRAPHQL_INTROSPECTION", default_value_t = true, action = ArgAction::Set)]
    pub introspection: bool,
    /// How many WebSocket connections are open at once, besides those of HTTP. More are refused with a 503
    #[arg(
        long = "graphql-max-sockets",
        env = "GRAPHQL_MAX_SOCKETS",
        value_name = "GRAPHQL_MAX_SOCKETS",
        default_value = "400"
    )]
    pub max_sockets: NonZeroU32,
    /// How many of them may be one client's: an organisation's, an associate's, else an address's (of IPv6, a /64's). More are
    /// refused with a 429
    #[arg(
        long = "graphql-max-client-sockets",
        env = "GRAPHQL_MAX_CLIENT_SOCKETS",
        value_name = "GRAPHQL_MAX_CLIENT_SOCKETS",
        default_value = "100"
    )]
    pub max_client_sockets: NonZeroU32,
    /// How many subscriptions one of them may have at once
    #[arg(
        long = "graphql-max-subscriptions",
        env = "GRAPHQL_MAX_SUBSCRIPTIONS",
        value_name = "GRAPHQL_MAX_SUBSCRIPTIONS",
        default_value = "16"
    )]
    pub max_subscriptions: NonZeroU32,
    /// How many records a subscriber may be behind. It is told to synchronise anew beyond that, and closed where it was too slow
    #[arg(
        long = "graphql-max-behind",
        env = "GRAPHQL_MAX_BEHIND",
        value_name = "GRAPHQL_MAX_BEHIND",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_behind: u32,
    /// How long a WebSocket connection may last, in seconds: whoever comes back says anew who it is, and hears what it missed
    #[arg(
        long = "graphql-max-socket-seconds",
        env = "GRAPHQL_MAX_SOCKET_SECONDS",
        value_name = "GRAPHQL_MAX_SOCKET_SECONDS",
        default_value = "3600"
    )]
    pub max_socket_seconds: NonZeroU32,
    /// How long a WebSocket client may take until it says who it is, in milliseconds
    #[arg(long = "graphql-init-timeout-ms", env = "GRAPHQL_INIT_TIMEOUT_MS", value_name = "GRAPHQL_INIT_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    pub init_timeout_ms: u64,
}

impl GraphqlArgs {
    pub(crate) fn longest_life(&self) -> Duration {
        Duration::from_secs(self.max_socket_seconds.get().into())
    }

    pub(crate) fn init_timeout(&self) -> Duration {
        Duration::from_millis(self.init_timeout_ms)
    }
}
