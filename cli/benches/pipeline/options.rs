//! How much to measure, and what of it.

use std::fmt;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, ValueEnum};

/// Measures the pipeline. Every option is also a variable: `make bench ONLY=ingest,latency MESSAGES=100000`.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Messages of the ingest, pair and projection sections
    #[arg(long, env = "MESSAGES", default_value_t = 1_000_000)]
    pub(crate) messages: usize,
    /// Messages of the backlog that one process catches up with, and that are then verified
    #[arg(long, env = "BACKLOG", default_value_t = 5_000_000)]
    pub(crate) backlog: usize,
    /// How often what is compared is measured
    #[arg(long, env = "ROUNDS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// How long messages arrive at a steady pace
    #[arg(long, env = "SECONDS_OF_PACE", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,
    /// Payloads of the counts section
    #[arg(long, env = "PAYLOADS", default_value_t = 2_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) payloads: u32,
    /// Statuses of the counts section
    #[arg(long, env = "STATUSES", default_value_t = 20_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) statuses: u32,
    /// Statuses of each payload of the api section
    #[arg(long, env = "STATUSES_PER_PAYLOAD", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) statuses_per_payload: u32,
    /// How long the API is asked each question
    #[arg(long, env = "SECONDS_OF_QUESTION", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds_of_question: u32,
    /// Of how many of the slowest questions the plans are printed
    #[arg(long, env = "PLANS", default_value_t = 0)]
    pub(crate) plans: usize,
    /// The sections to run, joined by commas [default: all]
    #[arg(long, env = "ONLY", value_delimiter = ',')]
    only: Vec<Section>,
    /// Sizes of the log at which projection, rebuild and verification are measured [default: MESSAGES]; statuses of the api section [default: 3000000]
    #[arg(long, env = "SIZES", value_delimiter = ',')]
    sizes: Vec<usize>,
    /// Where to draw how the figures grow over SIZES, as an SVG
    #[arg(long, env = "PLOT")]
    pub(crate) plot: Option<PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// What can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// How fast one process appends, beside a raw COPY
    Ingest,
    /// How long a message takes from its publication to its commit
    Latency,
    /// How long a message takes from its commit in the log until readers see it
    Visible,
    /// Two processes in one group beside one
    Pair,
    /// Memory over a long backlog, and what it takes on disk
    Backlog,
    /// How fast that log is verified
    Verify,
    /// How fast the log is folded, rebuilt and verified, beside a raw COPY
    Projection,
    /// How fast lists count, over many rows
    Counts,
    /// How fast the API answers, over many rows
    Api,
    /// How fast GraphQL answers, beside the same by REST
    Graphql,
    /// How soon a thousand subscribers hear of what was appended
    Subscribers,
}

impl Options {
    pub(crate) fn sizes(&self) -> Vec<usize> {
        if self.sizes.is_empty() { vec![self.messages] } else { self.sizes.clone() }
    }

    /// Statuses of the api section.
    pub(crate) fn api_sizes(&self, usual: u32) -> Result<Vec<u32>> {
        if self.sizes.is_empty() {
            return Ok(vec![usual]);
        }
        Ok(self.sizes.iter().map(|size| u32::try_from(*size)).collect::<Result<_, _>>()?)
    }

    pub(crate) fn wants(&self, section: Section) -> bool {
        self.only.is_empty() || self.only.contains(&section)
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, backlog, rounds, seconds, payloads, statuses, .. } = self;
        write!(
            f,
            "{messages} messages in {rounds} rounds, a backlog of {backlog}, {seconds} s of steady pace, counts over {payloads} payloads and {statuses} statuses"
        )
    }
}
