//! The projection against a real PostgreSQL.

mod fixture;
mod layout;
mod quarantine;
mod statements;
mod step;
