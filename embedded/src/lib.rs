#![doc = include_str!("../README.md")]

mod broker;
mod error;
mod guarded;
mod port;
mod postgres;

pub use broker::{Broker, BrokerOptions};
pub use error::Error;
pub use guarded::{Account, Guarded, GuardedOptions, Signal};
pub use port::free_port;
pub use postgres::{Postgres, PostgresOptions};
