//! What GraphQL tells of itself.

use clap::{ArgAction, Args};

/// How GraphQL is served.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "GraphQL")]
pub struct GraphqlArgs {
    /// Whether who may ask may ask for the schema too. Without it GraphiQL can't complete what is typed
    #[arg(long = "graphql-introspection", env = "GRAPHQL_INTROSPECTION", value_name = "GRAPHQL_INTROSPECTION", default_value_t = true, action = ArgAction::Set)]
    pub introspection: bool,
}
