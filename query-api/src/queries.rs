//! Queries: the only SQL of this crate. REST and GraphQL are views over these functions.

pub(crate) mod condition;
pub(crate) mod page;
pub(crate) mod payload;
mod pieces;
pub(crate) mod quarantine;
mod snapshot;
pub(crate) mod status;
mod window;

pub(crate) use self::condition::Conditions;
pub(crate) use self::page::{Direction, Listed, Page};
pub(crate) use self::snapshot::Snapshot;
pub(crate) use self::window::{Bounds, Window};
