//! Windows: ranges of time as PostgreSQL can tell them apart, to the microsecond.

use chrono::{DateTime, TimeDelta, Utc};

use super::Direction;

/// No time is before it, for the decoder takes years 1 to 9999 only. The start of a day.
const FIRST_SECOND: i64 = -62_135_596_800;
/// All times are before it. The start of a day.
const END_SECOND: i64 = 253_402_300_800;

/// The longest time that lies between two, and more: in microseconds.
const LONGEST: i64 = (END_SECOND - FIRST_SECOND) * 1_000_000;

/// What a client asks of a time, or of a duration: all bounds that are given must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds<T = DateTime<Utc>> {
    pub(crate) lt: Option<T>,
    pub(crate) lte: Option<T>,
    pub(crate) gt: Option<T>,
    pub(crate) gte: Option<T>,
}

/// From a time on until just before another, both in whole microseconds. It is empty unless the first is the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

/// From a duration on until just before another, both in whole microseconds; without an end where none is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durations {
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
}

impl Durations {
    /// Whether every duration lies in it.
    pub(super) fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

impl Window {
    /// Whether every time lies in it.
    pub(super) fn is_open(&self) -> bool {
        !self.has_from() && !self.has_to()
    }

    /// Whether no time lies in it.
    pub(super) fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// The times that come before its own, in a direction, if there are any.
    pub(super) fn before(&self, direction: Direction) -> Option<Self> {
        match direction {
            Direction::Ascending => self.has_from().then(|| Self { to: self.from, ..Self::default() }),
            Direction::Descending => self.has_to().then(|| Self { from: self.to, ..Self::default() }),
        }
    }

    /// Those of its times that don't come before this one, in a direction.
    pub(super) fn not_before(&self, time: DateTime<Utc>, direction: Direction) -> Self {
        match direction {
            Direction::Ascending => Self { from: self.from.max(at_or_after(time)), ..*self },
            Direction::Descending => self.up_to(time),
        }
    }

    /// Those of its times that don't come after this one.
    pub(super) fn up_to(&self, time: DateTime<Utc>) -> Self {
        Self { to: self.to.min(after(time)), ..*self }
    }

    /// Those of its times that come before this one, whatever the direction.
    pub(crate) fn until(&self, time: DateTime<Utc>) -> Self {
        Self { to: self.to.min(at_or_after(time)), ..*self }
    }

    /// With so much more at either end that is one.
    pub(super) fn widened(&self, by: TimeDelta) -> Self {
        let from = if self.has_from() { micros((self.from - by).timestamp_micros()) } else { self.from };
        let to = if self.has_to() { micros((self.to + by).timestamp_micros()) } else { self.to };
        Self { from, to }
    }

    /// Whether some time is too early for it.
    pub(super) fn has_from(&self) -> bool {
        self.from > second(FIRST_SECOND)
    }

    /// Whether some time is too late for it.
    pub(super) fn has_to(&self) -> bool {
        self.to < second(END_SECOND)
    }
}

/// Every time.
impl Default for Window {
    fn default() -> Self {
        Self { from: second(FIRST_SECOND), to: second(END_SECOND) }
    }
}

/// A bound between two microseconds moves to the one after it: no stored time lies between.
impl From<Bounds> for Window {
    fn from(bounds: Bounds) -> Self {
        let from = bounds.gte.map(at_or_after).into_iter().chain(bounds.gt.map(after));
        let to = bounds.lt.map(at_or_after).into_iter().chain(bounds.lte.map(after));
        let all = Self::default();
        Self { from: from.max().unwrap_or(all.from), to: to.min().unwrap_or(all.to) }
    }
}

/// Durations are in whole microseconds.
impl From<Bounds<TimeDelta>> for Durations {
    fn from(bounds: Bounds<TimeDelta>) -> Self {
        let micros = |duration: TimeDelta| duration.num_microseconds().unwrap_or(LONGEST).min(LONGEST);
        let from = bounds.gte.map(micros).into_iter().chain(bounds.gt.map(|bound| micros(bound) + 1));
        let to = bounds.lt.map(micros).into_iter().chain(bounds.lte.map(|bound| micros(bound) + 1));
        Self { from: from.max(), to: to.min() }
    }
}

/// The first whole microsecond at or after a time.
fn at_or_after(time: DateTime<Utc>) -> DateTime<Utc> {
    let has_more = !time.timestamp_subsec_nanos().is_multiple_of(1_000);
    micros(time.timestamp_micros() + i64::from(has_more))
}

/// The first whole microsecond after a time.
fn after(time: DateTime<Utc>) -> DateTime<Utc> {
    micros(time.timestamp_micros() + 1)
}

/// Or the nearest that a window can have. A leap second is within the next minute, as PostgreSQL has it.
fn micros(timestamp: i64) -> DateTime<Utc> {
    let within = timestamp.clamp(FIRST_SECOND * 1_000_000, END_SECOND * 1_000_000);
    DateTime::from_timestamp_micros(within).expect("within the years of a window")
}

fn second(timestamp: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(timestamp, 0).expect("within the years of a window")
}

#[cfg(test)]
mod tests;
