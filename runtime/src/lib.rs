#![doc = include_str!("../README.md")]

pub mod admin;
pub mod database;
pub mod health;
pub mod retry;
mod secret;
pub mod shutdown;
pub mod telemetry;

pub use secret::Secret;
