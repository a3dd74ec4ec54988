//! The event store against a real PostgreSQL and an in-process broker.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod append;
mod broker;
mod header;
mod ingest;
mod log;
mod migrate;
mod permission;
mod retention;
mod tamper;
