//! The contract of `docs/rest.md`, case by case: messages go through a broker, `ingest` and `project`, and `serve` is asked about
//! them over a socket. Each case is named by its sentence.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod answer;
mod case;
mod contract;
mod elsewhere;
mod environment;
mod errors;
mod identity;
mod kibana;
mod links;
mod lists;
mod metrics;
mod outage;
mod paging;
mod parameters;
mod payload;
mod payloads;
mod roles;
mod routes;
mod served;
mod size;
mod stats;
mod statuses;
#[cfg(feature = "opentelemetry")]
mod traces;
mod traffic;
mod world;

#[expect(dead_code, reason = "the other suite of processes needs more of it")]
#[path = "../main/service.rs"]
mod service;
