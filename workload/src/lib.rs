#![doc = include_str!("../README.md")]

mod chain;
mod malformed;
mod message;
mod odd;
mod producer;
mod random;
mod workload;

pub use message::{Expectation, Message};
pub use workload::{Workload, WorkloadConfig};

#[cfg(test)]
mod tests;
