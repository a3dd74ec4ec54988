//! Which of the numbered messages are in the log, and how often.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;

use super::world::World;
use crate::ledger::value;

const INTERVAL: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct Tally {
    seen: Vec<bool>,
    /// By stream: all records before this offset were looked at.
    looked_at: HashMap<i32, i64>,
    pub(super) doubled: usize,
    pub(super) changed: usize,
}

impl Tally {
    /// Waits until the first so many messages are in the log; `false` when that takes too long.
    pub(super) async fn waits_for(&mut self, world: &World, expected: usize, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            // The server may not be back yet.
            if let Ok(client) = world.database().client().await {
                _ = self.look(&client).await;
            }
            if self.missing(expected) == 0 {
                return true;
            }
            if Instant::now() > deadline {
                return false;
            }
            sleep(INTERVAL).await;
        }
    }

    /// How many of the first so many messages weren't seen.
    pub(super) fn missing(&self, expected: usize) -> usize {
        (0..expected).filter(|number| self.seen.get(*number) != Some(&true)).count()
    }

    /// Looks at what is new.
    async fn look(&mut self, client: &Client) -> Result<()> {
        let streams = client.query("select id, first_offset, next_offset from streams", &[]).await?;
        for row in streams {
            let (stream, first, next): (i32, i64, i64) = (row.get(0), row.get(1), row.get(2));
            let from = *self.looked_at.get(&stream).unwrap_or(&first);
            let sql = "select value from events where stream_id = $1 and record_offset >= $2 and record_offset < $3";
            for row in client.query(sql, &[&stream, &from, &next]).await? {
                self.count(row.get(0));
            }
            self.looked_at.insert(stream, next);
        }
        Ok(())
    }

    fn count(&mut self, bytes: &[u8]) {
        let number =
            serde_json::from_slice::<Value>(bytes).ok().and_then(|message| message["number"].as_u64());
        let number = number.and_then(|number| usize::try_from(number).ok());
        let Some(number) = number.filter(|number| value(*number) == bytes) else {
            self.changed += 1;
            return;
        };
        if self.seen.len() <= number {
            self.seen.resize(number + 1, false);
        }
        self.doubled += usize::from(std::mem::replace(&mut self.seen[number], true));
    }
}
