//! The projection against a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod fixture;
mod horizon;
mod layout;
mod quarantine;
mod statements;
mod step;
