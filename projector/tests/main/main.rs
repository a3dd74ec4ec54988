//! The projection against a real PostgreSQL.

mod fixture;
//LAYOUT mod layout;
mod quarantine;
mod statements;
mod step;
