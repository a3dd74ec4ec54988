//! The event store against a real PostgreSQL and an in-process broker.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod append;
mod ingest;
mod log;
mod migrate;
mod retention;
mod tamper;
