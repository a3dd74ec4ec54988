#![doc = include_str!("../README.md")]

mod config;
mod decode;
mod error;
mod fold;
mod generation;
mod horizon;
pub mod metric;
mod project;
mod read;
mod write;

pub use config::ProjectArgs;
pub use decode::{Message, Rejection, RequestIdRule, decode};
pub use error::ProjectError;
pub use fold::fold;
pub use generation::{Generation, find_or_create};
pub use project::{Project, Step, pool_options, step};
