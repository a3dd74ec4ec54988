//! The API against a real PostgreSQL, filled by the real projection.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod api;
mod archive;
mod contract;
mod counts;
mod document;
mod fuzz;
mod graphiql;
mod graphql;
mod listener;
mod log;
mod outage;
<<<<<<< HEAD
mod pages;
mod payload;
mod payloads;
mod stats;
mod statuses;
=======
mod reached;
>>>>>>> 57af699 (tests: the REST contract, sentence by sentence, over a socket and the whole pipeline)
mod stream;
mod ties;
mod traffic;
