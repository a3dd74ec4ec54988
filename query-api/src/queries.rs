//! Queries: the only SQL of this crate. REST and GraphQL are views over these functions.

pub(crate) mod condition;
pub(crate) mod page;
pub(crate) mod payload;
pub(crate) mod quarantine;
mod snapshot;
pub(crate) mod status;

pub(crate) use self::condition::{Conditions, Window};
pub(crate) use self::page::{Direction, Listed, Page};
pub(crate) use self::snapshot::Snapshot;
