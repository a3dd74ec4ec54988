#![doc = include_str!("../README.md")]

mod append;
pub mod archive;
mod batch;
mod broker;
mod chain;
mod collector;
mod config;
mod consumer;
mod day;
mod error;
mod gap;
mod ingest;
pub mod metric;
mod record;
pub mod replay;
pub mod retain;
mod seal;
mod start;
mod stream;
mod tail;
pub mod verify;

pub use append::append;
pub use batch::{Batch, StreamBatch};
pub use broker::{BrokerArgs, BrokerError, SaslMechanism, SecurityProtocol};
pub use chain::Chain;
pub use config::{BatchArgs, KafkaArgs};
pub use error::{AppendError, IngestError};
pub use ingest::{Ingest, pool_options};
pub use record::Record;
pub use tail::Tail;
