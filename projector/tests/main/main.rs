//! The projection against a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod compare;
mod damage;
mod explain;
mod fixture;
mod generation;
mod horizon;
mod kill;
mod lag;
mod layout;
mod outcome;
mod pace;
mod policy;
mod quarantine;
mod rebuild;
mod sample;
mod service_counts;
mod statements;
mod step;
mod verify;
