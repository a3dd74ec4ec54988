#![doc = include_str!("../README.md")]

mod batch;
mod bucket;
mod compare;
mod config;
mod copy_out;
mod count;
mod decode;
mod error;
mod explain;
mod fold;
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
pub use decode::{Message, Rejection, RequestIdRule, decode};
pub use error::ProjectError;
pub use explain::{Evidence, Explanation, Field, RawMessage, ServiceReason, explain};
pub use fold::{Conflicts, Meaning, View, fold, meaning};
pub use follow::Wake;
pub use generation::{
    Consent, Generation, GenerationSummary, Shape, Switch, activate, activate_within, active_generation,
    find_or_create, list_generations, previous_generation, prune,
};
pub use point::{ParsePointError, Point};
pub use project::{Project, pool_options};
pub use rebuild::{Rebuild, rebuild_pool_options};
pub use sample::sample;
pub use step::{Step, step};
pub use verify::{Mismatch, ProjectionCheck, verify_pool_options, verify_projection};
