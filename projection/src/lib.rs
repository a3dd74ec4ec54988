#![doc = include_str!("../README.md")]

mod decode;
mod explanation;
mod fold;
mod mismatch;
mod point;
mod told;

pub use decode::{Message, Rejection, RequestIdRule, decode, decode_event};
pub use explanation::{
    Evidence, Explanation, Field, Lost, PartReason, Quarantined, RawMessage, ServiceReason, legible,
};
pub use fold::{Conflicts, Meaning, View, fold, meaning, part_of};
pub use mismatch::Mismatch;
pub use point::{Bound, ParsePointError, Point, PointError};
pub use told::Told;
