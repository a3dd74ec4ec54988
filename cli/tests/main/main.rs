//! The real binary, against a real PostgreSQL and a real Kafka: what a person or a deployment would see.

mod api;
mod crash;
mod dev;
mod help;
mod service;
mod topic;
mod truth;
