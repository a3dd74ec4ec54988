#![doc = include_str!("../README.md")]

mod batch;
mod bucket;
mod compare;
mod config;
mod copy_out;
mod count;
mod error;
mod explain;
mod follow;
mod generation;
mod horizon;
mod lag;
pub mod metric;
mod pace;
mod parallel;
mod pipeline;
mod point;
mod policy;
pub mod progress;
mod project;
mod read;
mod rebuild;
mod refold;
mod retired;
mod rows;
mod sample;
mod shard;
mod snapshot;
mod step;
mod story;
mod table;
mod verify;
mod write;

pub use compare::{Comparison, Difference, TableComparison, compare};
pub use config::{ProjectArgs, ShapeArgs};
pub use error::ProjectError;
pub use explain::explain;
pub use follow::Wake;
pub use generation::{
    Consent, Generation, GenerationSummary, Shape, Switch, activate, activate_within, active_generation,
    find_or_create, list_generations, previous_generation, prune,
};
pub use project::{Project, pool_options};
pub use projection::{
    Conflicts, Evidence, Explanation, Field, Meaning, Message, Mismatch, ParsePointError, Point, RawMessage,
    Rejection, RequestIdRule, ServiceReason, View, decode, fold, meaning,
};
pub use rebuild::{Rebuild, rebuild_pool_options};
pub use sample::sample;
pub use step::{Step, step};
pub use verify::{ProjectionCheck, verify_pool_options, verify_projection};
