//! The lag: how far the log is behind the topic, by partition.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::Utc;
use metrics::gauge;
use rdkafka::Statistics;

use super::outbox::Appended;
use crate::metric;

/// What the client last said of its brokers and partitions.
#[derive(Debug, Default)]
pub(super) struct Readings {
    latest: Mutex<Option<Reading>>,
}

/// What the client knows of the topic, without asking anybody.
#[derive(Debug)]
pub(super) struct Reading {
    /// Whether there is a connection to any broker.
    pub(super) is_connected: bool,
    partitions: HashMap<i32, Partition>,
}

#[derive(Clone, Copy, Debug)]
struct Partition {
    /// Up to here readers of committed records may read.
    last_stable_offset: i64,
    /// There is a connection to its leader: else nothing is known but what was.
    is_led: bool,
    /// The client has fetched to here and handed out all of it.
    drained_offset: Option<i64>,
}

impl Readings {
    pub(super) fn set(&self, statistics: &Statistics) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Reading::of(statistics));
    }

    pub(super) fn take(&self) -> Option<Reading> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Reading {
    fn of(statistics: &Statistics) -> Self {
        let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
        let is_up =
            |id: i32| statistics.brokers.values().any(|broker| broker.nodeid == id && broker.state == "UP");
        let partition = |partition: &rdkafka::statistics::Partition| Partition {
            is_led: is_up(partition.leader),
            last_stable_offset: partition.ls_offset,
            drained_offset: (partition.fetchq_cnt == 0).then_some(partition.next_offset),
        };
        Self {
            is_connected: statistics
                .brokers
                .values()
                .any(|broker| broker.nodeid >= 0 && broker.state == "UP"),
            partitions: partitions.map(|each| (each.partition, partition(each))).collect(),
        }
    }
}

/// Where each partition stands.
#[derive(Debug, Default)]
pub(super) struct Lag {
    partitions: HashMap<i32, Standing>,
}

#[derive(Clone, Copy, Debug)]
struct Standing {
    next_offset: i64,
    /// When following it began.
    begun_ms: i64,
    /// All that was published before this is appended, as far as that is known.
    complete_until_ms: Option<i64>,
}

impl Lag {
    /// Follows these partitions from now on, from the offsets that are next. What is assigned and can't be read stands still.
    pub(super) fn restart(&mut self, assigned: &[i32], next_offsets: impl Iterator<Item = (i32, i64)>) {
        let lost = std::mem::take(&mut self.partitions);
        let begun =
            Standing { next_offset: 0, begun_ms: Utc::now().timestamp_millis(), complete_until_ms: None };
        for &partition in assigned {
            self.partitions.insert(partition, lost.get(&partition).copied().unwrap_or(begun));
        }
        for (partition, next_offset) in next_offsets {
            let known = self.partitions.entry(partition).or_insert(begun);
            *known = Standing { next_offset, ..*known };
        }
        // What another member reads now is its to tell.
        for partition in lost.keys().filter(|partition| !self.partitions.contains_key(partition)) {
            show(*partition, 0, 0);
        }
    }

    /// Notes what was appended.
    pub(super) fn note(&mut self, appended: &[Appended]) {
        // A producer's clock may be ahead of ours.
        let now = Utc::now().timestamp_millis();
        for Appended { partition, next_offset, timestamp_ms } in appended {
            if let Some(standing) = self.partitions.get_mut(partition) {
                standing.next_offset = *next_offset;
                standing.complete_until_ms =
                    timestamp_ms.map(|at| at.min(now)).max(standing.complete_until_ms);
            }
        }
    }

    /// Compares with what the client knows. `is_idle`: all that was read is appended.
    pub(super) fn show(&mut self, reading: &Reading, is_idle: bool) {
        let now = Utc::now().timestamp_millis();
        for (partition, standing) in &mut self.partitions {
            let waiting = now - standing.complete_until_ms.unwrap_or(standing.begun_ms);
            let Some(known) = reading.partitions.get(partition).filter(|known| known.is_led) else {
                show_seconds(*partition, waiting);
                continue;
            };
            // Control records at the end are handed out to nobody.
            let is_drained = known.drained_offset.is_some_and(|offset| offset >= known.last_stable_offset);
            let behind = (known.last_stable_offset - standing.next_offset).max(0);
            let behind = if is_idle && is_drained { 0 } else { behind };
            if behind == 0 {
                standing.complete_until_ms = Some(now);
            }
            show(*partition, behind, now - standing.complete_until_ms.unwrap_or(standing.begun_ms));
        }
    }
}

fn show(partition: i32, records: i64, milliseconds: i64) {
    show_seconds(partition, milliseconds);
    let partition = partition.to_string();
    gauge!(metric::LAG_RECORDS, "partition" => partition).set(records as f64);
}

fn show_seconds(partition: i32, milliseconds: i64) {
    gauge!(metric::LAG_SECONDS, "partition" => partition.to_string()).set(milliseconds.max(0) as f64 / 1e3);
}
