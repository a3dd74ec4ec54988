#![doc = include_str!("../README.md")]

mod batch;
mod bucket;
mod compare;
mod config;
mod count;
mod decode;
mod error;
mod fold;
mod follow;
mod generation;
mod horizon;
pub mod metric;
mod pipeline;
pub mod progress;
mod project;
mod read;
mod rebuild;
mod refold;
mod shard;
mod table;
mod verify;
mod write;

pub use compare::{Comparison, Difference, TableComparison, compare};
pub use config::ProjectArgs;
pub use decode::{Message, Rejection, RequestIdRule, decode};
pub use error::ProjectError;
pub use fold::{Conflicts, Meaning, View, fold, meaning};
pub use follow::{Step, Wake, step};
pub use generation::{
    Generation, GenerationSummary, Shape, activate, find_or_create, list_generations, prune, roll_back,
};
pub use project::{Project, pool_options};
pub use rebuild::{Rebuild, rebuild_pool_options};
pub use verify::{Mismatch, ProjectionCheck, verify_pool_options, verify_projection};
