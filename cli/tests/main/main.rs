//! The real binary, against a real PostgreSQL and a real Kafka: what a person or a deployment would see.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod api;
mod changed_topic;
mod clock;
mod crash;
mod dev;
mod generation;
mod help;
mod hole;
mod ingest;
mod ledger;
mod load;
mod member;
mod outage;
mod projection;
mod secured;
mod service;
mod stall;
mod standby;
mod step;
mod topic;
mod torture;
mod truth;
