#![doc = include_str!("../README.md")]

pub mod admin;
mod authorities;
pub mod database;
pub mod health;
pub mod retry;
mod secret;
pub mod shutdown;
pub mod telemetry;
pub mod tls;

pub use authorities::{Authorities, AuthoritiesError};
pub use secret::Secret;
