//! Queries: the only SQL of this crate. REST and GraphQL are views over these functions.

mod among;
pub(crate) mod audit;
pub(crate) mod condition;
pub(crate) mod conflict;
mod connection;
pub(crate) mod event;
pub(crate) mod folded;
pub(crate) mod form;
pub(crate) mod freshness;
pub(crate) mod generation;
pub(crate) mod held;
pub(crate) mod page;
pub(crate) mod payload;
mod pieces;
mod place;
pub(crate) mod point;
pub(crate) mod quarantine;
mod rows;
pub(crate) mod service;
pub(crate) mod slice;
mod snapshot;
pub(crate) mod stat;
pub(crate) mod status;
pub(crate) mod story;
pub(crate) mod tail;
mod walk;
mod window;

pub(crate) use self::among::Among;
pub(crate) use self::condition::Conditions;
pub(crate) use self::connection::Connection;
pub(crate) use self::page::{Direction, Items, Listed, Page};
use self::place::{Counted, Place};
pub(crate) use self::snapshot::Snapshot;
use self::walk::Walk;
pub(crate) use self::window::{Bounds, Durations, Window};
