//! What a reader sees of the streams, asked again and again: how far each stands, and since when at the latest.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::{MissedTickBehavior, interval};
use tokio_postgres::Client;

use crate::publisher::Sent;

/// Between two questions, if the answers come in time.
const INTERVAL: Duration = Duration::from_millis(1);

/// How far each stream is appended.
pub(crate) const APPENDED: &str = "select partition, next_offset from streams";

/// How far all shards of the generation have folded each stream.
pub(crate) const VISIBLE: &str = "select partition, min(cursors.next_offset) as next_offset
    from cursors join streams on streams.id = stream_id join generations on generations.id = generation_id
    group by partition, shard_count having count(*) = shard_count";

/// The answers.
#[derive(Default)]
pub(crate) struct Seen {
    /// By partition, in order: from this answer on the stream stood there.
    moves: HashMap<i32, Vec<(Instant, i64)>>,
    /// Seconds between an answer and the one before.
    pub(crate) steps: Vec<f64>,
}

impl Seen {
    /// Watches the `partition` and `next_offset` that a query gives, until all together hold `total` records.
    pub(crate) async fn until(client: &Client, query: &str, total: i64) -> Result<Self> {
        let positions = client.prepare(query).await?;
        let mut seen = Self::default();
        let mut questions = interval(INTERVAL);
        questions.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut answered_at = Instant::now();
        loop {
            questions.tick().await;
            let rows = client.query(&positions, &[]).await?;
            let before = std::mem::replace(&mut answered_at, Instant::now());
            seen.steps.push((answered_at - before).as_secs_f64());
            let mut done = 0;
            for row in rows {
                let next_offset = row.get("next_offset");
                done += next_offset;
                seen.note(row.get("partition"), answered_at, next_offset);
            }
            if done >= total {
                return Ok(seen);
            }
        }
    }

    fn note(&mut self, partition: i32, at: Instant, next_offset: i64) {
        let moves = self.moves.entry(partition).or_default();
        if moves.last().is_none_or(|&(_, stood_at)| stood_at < next_offset) {
            moves.push((at, next_offset));
        }
    }

    /// Seconds from a message's publication to the first answer that proves that it is there.
    pub(crate) fn seconds_since(&self, sent: &Sent) -> Option<f64> {
        Some((self.first(sent)? - sent.at).as_secs_f64())
    }

    /// The first answer that proves that a message is there.
    pub(crate) fn first(&self, sent: &Sent) -> Option<Instant> {
        let moves = self.moves.get(&sent.partition)?;
        let first = moves.partition_point(|&(_, next_offset)| next_offset <= sent.offset);
        Some(moves.get(first)?.0)
    }
}
