//! The event store against a real PostgreSQL and an in-process broker.

mod append;
mod ingest;
mod migrate;
