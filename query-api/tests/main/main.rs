//! The API against a real PostgreSQL, filled by the real projection.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod api;
mod archive;
mod contract;
mod counts;
mod errors;
mod graphiql;
mod graphql;
mod kibana;
mod listener;
mod log;
mod outage;
mod pages;
mod payload;
mod payloads;
mod stats;
mod statuses;
mod stream;
mod traffic;
mod upstream;
