#![doc = include_str!("../README.md")]

mod api;
mod config;
mod error;
mod graphql;
pub mod metric;
mod queries;
mod rest;
mod server;

pub use api::{Api, pool_options, router};
pub use config::ServeArgs;
pub use error::ServeError;
pub use graphql::sdl;
