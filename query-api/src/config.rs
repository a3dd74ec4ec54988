//! What a person can set about the API.

mod graphql;
mod link;
mod traffic;

use clap::Args;

use crate::access::AccessPolicy;

pub use self::graphql::GraphqlArgs;
pub use self::link::{ArchiveArgs, KibanaArgs, Requestor, WebUrl};
pub use self::traffic::{Origin, TrafficArgs};

/// How the API is served.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "API")]
pub struct ServeArgs {
    /// Port of REST and GraphQL
    #[arg(long, env = "PUBLICPORT", value_name = "PUBLICPORT", default_value_t = 8080)]
    pub public_port: u16,
    /// The largest `page_size` that a client may ask for
    #[arg(long, env = "MAX_PAGE_SIZE", value_name = "MAX_PAGE_SIZE", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_page_size: u32,
    /// Most connections to the database
    #[arg(long, env = "SERVE_CONNECTIONS", value_name = "SERVE_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub connections: u32,
    /// Who sees what. open: everybody everything. identity: by the gateway's header, tenants what is their own organisation's
    #[arg(long, env = "ACCESS_POLICY", value_name = "ACCESS_POLICY", default_value = "open")]
    pub access_policy: AccessPolicy,
    /// GraphQL.
    #[command(flatten)]
    pub graphql: GraphqlArgs,
    /// Links to archives.
    #[command(flatten)]
    pub archive: ArchiveArgs,
    /// Links to Kibana.
    #[command(flatten)]
    pub kibana: KibanaArgs,
    /// What clients may do.
    #[command(flatten)]
    pub traffic: TrafficArgs,
}
