//! Freshness: how far behind the log answers are.

use async_graphql::{Context, Object, Result, SimpleObject};
use chrono::TimeDelta;
use futures_util::FutureExt as _;

use super::error::shown;
use super::live::cursor;
use super::page::length;
use super::reading::Reading;
use super::scalar::{Duration, Long};
use crate::queries::folded::{Folded, folded};
use crate::queries::freshness;

/// Asks for it.
#[derive(Default)]
pub(super) struct FreshnessRoot;

/// How far behind the log the read models are, at the moment of this answer.
pub(super) struct Freshness {
    folded: Folded,
    streams: Vec<freshness::Freshness>,
}

/// How far a stream is folded: one incarnation of one partition of a topic.
#[derive(SimpleObject)]
pub(super) struct StreamFreshness {
    /// Its number, which positions name.
    stream: i32,
    /// Its topic.
    topic: String,
    /// The partition of the topic.
    partition: i32,
    /// Counts the incarnations of the partition, from 0.
    lineage: i32,
    /// The offset after the last event in the log.
    next_in_log: Long,
    /// The first offset that isn't folded.
    next_folded: Long,
    /// How many offsets lie between the two.
    lag_records: Long,
    /// How long the oldest event that isn't folded has been in the log.
    lag: Duration,
}

#[Object]
impl FreshnessRoot {
    /// How far behind the log the read models are. It is about everybody's events, so to a tenant it is null.
    async fn freshness(&self, context: &Context<'_>) -> Result<Option<Freshness>> {
        if super::is_tenant(context) {
            return Ok(None);
        }
        let asked = Reading::of(context).ask(|snapshot| {
            async move {
                let (folded, streams) = (folded(snapshot).await?, freshness::list(snapshot).await?);
                Ok(Freshness { folded, streams })
            }
            .boxed()
        });
        Ok(Some(asked.await.map_err(shown)?))
    }
}

/// How far behind the log the read models are, at the moment of this answer.
#[Object]
impl Freshness {
    /// The number of the generation of read models that is read.
    async fn generation(&self) -> i32 {
        self.folded.generation.0
    }

    /// How many offsets of all streams aren't folded.
    async fn lag_records(&self) -> Long {
        Long(self.streams.iter().map(|stream| stream.lag_events).sum())
    }

    /// How long the oldest event that isn't folded has been in the log.
    async fn lag(&self) -> Duration {
        seconds(self.streams.iter().map(|stream| stream.lag_seconds).fold(0.0, f64::max))
    }

    /// Where a subscription goes on that misses nothing of what this answer doesn't show: to be given as `after`. What it shows already
    /// may be told again.
    async fn cursor(&self) -> String {
        cursor::write(&self.folded.now())
    }

    /// How far each stream is, by topic, partition and lineage.
    async fn streams(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many: 10 unless told otherwise.")] first: Option<i32>,
    ) -> Result<Vec<StreamFreshness>> {
        let most = usize::try_from(length(context, first).map_err(shown)?).unwrap_or(usize::MAX);
        Ok(self.streams.iter().take(most).map(StreamFreshness::of).collect())
    }
}

impl StreamFreshness {
    fn of(stream: &freshness::Freshness) -> Self {
        Self {
            stream: stream.stream.0,
            topic: stream.topic.clone(),
            partition: stream.partition,
            lineage: stream.lineage,
            next_in_log: Long(stream.end_offset),
            next_folded: Long(stream.next_offset),
            lag_records: Long(stream.lag_events),
            lag: seconds(stream.lag_seconds),
        }
    }
}

/// A duration of so many seconds.
pub(super) fn seconds(seconds: f64) -> Duration {
    let duration = std::time::Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default();
    Duration(TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX))
}
