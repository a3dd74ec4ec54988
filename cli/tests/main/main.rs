//! The real binary, against a real PostgreSQL and a real Kafka: what a person or a deployment would see.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod api;
mod changed_topic;
mod crash;
mod dev;
mod help;
mod ingest;
mod ledger;
mod member;
mod outage;
mod secured;
mod service;
mod stall;
mod step;
mod topic;
mod truth;
