//! Statistics by time.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Result, SimpleObject};
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::ask;
use super::group::{Latency, OutcomeCounts};
use crate::graphql::scalar::{Long, Time};
use crate::queries::stat::{self, At, Stretches, Width};

/// How long a stretch of time is: of UTC's.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
#[graphql(remote = "Width")]
pub(super) enum StatWidth {
    /// From one full minute to the next.
    Minute,
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
}

/// A minute, hour or day of a window, or as much of it as the window has.
#[derive(SimpleObject)]
pub(super) struct StatBucket {
    /// From then on.
    from: Time,
    /// Until just before.
    to: Time,
    /// Payloads that began in it, by outcome.
    payloads: OutcomeCounts,
    /// How many statuses are dated in it.
    status_count: Long,
    /// How long its payloads took; nothing where none began. Of no more than 200,000 in all of the window.
    latency: Option<Latency>,
}

/// All of them. What isn't asked for isn't looked up.
pub(super) async fn list(context: &Context<'_>, stretches: Stretches) -> Result<Vec<StatBucket>> {
    let [payloads, status_count, latency] =
        ["payloads", "statusCount", "latency"].map(|field| context.look_ahead().field(field).exists());
    let outcomes = if payloads {
        ask(context, move |at| async move { stat::outcomes(at, &stretches).await }.boxed()).await?
    } else {
        Vec::new()
    };
    let counts = if status_count {
        ask(context, move |at| async move { stat::status_counts(at, &stretches).await }.boxed()).await?
    } else {
        Vec::new()
    };
    let latencies = if latency {
        ask(context, move |at| async move { stat::latencies(at, &stretches).await }.boxed()).await?
    } else {
        Vec::new()
    };
    let (mut outcomes, mut counts, mut latencies) = (by_time(outcomes), by_time(counts), by_time(latencies));
    let bucket = |(at, (from, to))| StatBucket {
        from: Time(from),
        to: Time(to),
        payloads: outcomes.remove(&at).unwrap_or_default().into(),
        status_count: Long(counts.remove(&at).unwrap_or_default()),
        latency: latencies.remove(&at).map(Latency::from),
    };
    Ok(stretches.list().into_iter().map(bucket).collect())
}

fn by_time<T>(all: Vec<At<T>>) -> HashMap<DateTime<Utc>, T> {
    all.into_iter().collect()
}
