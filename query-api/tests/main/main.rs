//! The API against a real PostgreSQL, filled by the real projection.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod api;
mod archive;
mod browser;
mod contract;
mod counts;
mod document;
mod foreign;
mod fuzz;
mod gate;
mod graphiql;
mod graphql;
mod listener;
mod live;
mod log;
mod outage;
mod pages;
mod reached;
mod readme;
mod stats;
mod statuses;
mod stream;
mod ties;
mod traffic;
