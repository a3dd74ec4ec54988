#![doc = include_str!("../README.md")]

mod append;
mod batch;
mod collector;
mod config;
mod consumer;
mod day;
mod error;
mod ingest;
pub mod metric;
mod record;
mod start;
mod stream;

pub use append::append;
pub use batch::{Batch, StreamBatch};
pub use config::{BatchArgs, KafkaArgs};
pub use error::{AppendError, IngestError};
pub use ingest::{Ingest, pool_options};
pub use record::Record;
