//! The real binary, against a real PostgreSQL and a real Kafka: what a person or a deployment would see.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod api;
mod crash;
mod dev;
mod help;
mod service;
mod stall;
mod topic;
mod truth;
