//! `seed`: the traffic of a real platform, to any broker.

mod producer;
mod progress;

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{TimeDelta, Utc};
use clap::Args;
use event_store::BrokerArgs;
use tokio_util::sync::CancellationToken;
use workload::{Message, Workload, WorkloadConfig};

use self::producer::Producer;
use self::progress::Progress;

/// Messages that the simulated platform sends in a second: says where its first date must lie for the last to be now.
const MESSAGES_PER_SECOND: i64 = 300;
/// Even for a huge number, the dates reach back no further.
const LONGEST_SECONDS: i64 = 365 * 86_400;

/// Sends generated messages to a broker: the services, forms of dates and ids, late arrivals, repeats and tracebacks of a real
/// platform. The same seed gives the same traffic, but for its dates, which end about now.
///
/// Look at it first:   payload-tracker seed --messages 20 --dry-run
/// A demo:             payload-tracker seed --messages 10000
/// A steady load:      payload-tracker seed --messages 60000 --rate 400
/// Only poison:        payload-tracker seed --messages 100 --malformed 1
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct SeedArgs {
    /// How many messages to send
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    messages: u64,
    /// How many to send in a second [default: as many as the broker takes]
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// The same seed gives the same messages
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The share of messages that can't be decoded, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.005, value_parser = parse_share)]
    malformed: f64,
    /// Write the values to stdout, a line each, instead of sending them
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    broker: BrokerArgs,
    /// Topic of the status messages
    #[arg(
        long,
        env = "TOPIC_PAYLOAD_STATUS",
        value_name = "TOPIC_PAYLOAD_STATUS",
        default_value = "platform.payload-status"
    )]
    topic: String,
}

pub(crate) async fn run(args: SeedArgs, stop: CancellationToken) -> anyhow::Result<()> {
    // Everything here blocks: librdkafka, stdout, the pauses of a steady rate.
    tokio::task::spawn_blocking(move || if args.dry_run { print(&args) } else { send(&args, &stop) }).await?
}

fn messages(args: &SeedArgs) -> impl Iterator<Item = Message> {
    // At a rate of its own the traffic begins now; all at once, it should have ended now.
    let lasts = i64::try_from(args.messages).unwrap_or(i64::MAX) / MESSAGES_PER_SECOND;
    let age = if args.rate.is_some() { 0 } else { lasts.min(LONGEST_SECONDS) };
    let start = Utc::now() - TimeDelta::seconds(age);
    Workload::new(WorkloadConfig { seed: args.seed, malformed_share: args.malformed, start })
        .take(usize::try_from(args.messages).unwrap_or(usize::MAX))
}

fn print(args: &SeedArgs) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for message in messages(args) {
        let line = [message.value.unwrap_or_default(), b"\n".to_vec()].concat();
        match out.write_all(&line) {
            // As with `seed --dry-run | head`.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(out.flush()?)
}

fn send(args: &SeedArgs, stop: &CancellationToken) -> anyhow::Result<()> {
    let producer = Producer::connect(&args.broker, &args.topic)?;
    let progress = Progress::start(args.messages);
    let started_at = Instant::now();
    for (message, number) in messages(args).zip(0_u64..) {
        if stop.is_cancelled() {
            break;
        }
        if let Some(rate) = args.rate {
            pace(started_at + Duration::from_secs_f64(number as f64 / f64::from(rate)));
        }
        producer.send(&message)?;
        if number % 256 == 0 {
            progress.show(producer.delivered());
        }
    }
    let failed = producer.finish(|delivered| progress.show(delivered));
    progress.end(producer.delivered());
    match failed {
        0 => Ok(()),
        failed => Err(producer.last_error()).context(format!("{failed} messages were not delivered")),
    }
}

fn pace(due: Instant) {
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("not within 0 and 1".to_owned()) }
}
