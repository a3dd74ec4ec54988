#![doc = include_str!("../README.md")]

mod access;
mod api;
mod assets;
mod client;
mod config;
mod error;
mod graphql;
mod identity;
pub mod metric;
mod queries;
mod readiness;
mod rest;
mod server;
mod storage_broker;

pub use access::AccessPolicy;
pub use api::{Api, audit_pool_options, pool_options, probe_pool_options};
pub use config::{ArchiveArgs, GraphqlArgs, KibanaArgs, Origin, Requestor, ServeArgs, TrafficArgs, WebUrl};
pub use error::ServeError;
pub use graphql::sdl;
pub use rest::{openapi, swagger};
