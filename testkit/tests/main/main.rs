//! One binary for all tests of this crate that run real servers.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod kafka;
