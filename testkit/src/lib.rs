#![doc = include_str!("../README.md")]

mod authority;
mod database;
mod disk;
mod kafka;
mod log;
mod message;
mod proxy;
mod server;
mod upstream;
mod wait;

pub use authority::Authority;
pub use database::TestDatabase;
pub use disk::SmallDisk;
pub use kafka::Kafka;
pub use log::{append_events, create_stream};
pub use message::MessageBuilder;
pub use proxy::{Fault, Proxy, Step};
pub use server::TestServer;
pub use upstream::{Said, Upstream};
pub use wait::wait_until;
