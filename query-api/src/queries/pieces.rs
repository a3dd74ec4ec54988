//! Pieces of a window: whole days, hours and minutes, which are counted already, and the rest at its ends, which isn't.
//!
//! From a time to the nearest minute, from there to the nearest hour and day, over the days, and down again: steps back are taken away.
//! However the way goes, what lies before its end less what lies before its start is what lies between.

use chrono::{DateTime, TimeDelta, Utc};

use super::Window;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// What a piece is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Whole days, of UTC's.
    Days,
    /// Whole hours: a day's at most.
    Hours,
    /// Whole minutes: an hour's at most.
    Minutes,
    /// No whole minutes: a minute's length at most.
    Times,
}

/// A part of a window, or a part that isn't in it and was counted with its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) unit: Unit,
    pub(super) window: Window,
    is_taken_away: bool,
}

/// Cuts a window up: what its pieces count, added and taken away, is what the window does. None is empty.
pub(super) fn cut(window: Window) -> Vec<Piece> {
    if window.is_empty() {
        return Vec::new();
    }
    // From either end inwards, and the units on the way.
    let (mut starts, mut ends, mut units) = (vec![window.from], vec![window.to], vec![Unit::Times]);
    let (mut from, mut to) = (window.from, window.to);
    for (unit, width) in [(Unit::Minutes, MINUTE), (Unit::Hours, HOUR), (Unit::Days, DAY)] {
        (from, to) = (nearest(from, width), nearest(to, width));
        if from >= to {
            break;
        }
        starts.push(from);
        ends.push(to);
        units.push(unit);
    }
    starts.extend(ends.into_iter().rev());
    let outwards: Vec<Unit> = units.iter().rev().skip(1).copied().collect();
    units.extend(outwards);
    way(&starts, &units)
}

/// The steps from stop to stop.
fn way(stops: &[DateTime<Utc>], units: &[Unit]) -> Vec<Piece> {
    let steps = stops.windows(2).zip(units).filter(|(step, _)| step[0] != step[1]);
    steps
        .map(|(step, unit)| Piece {
            unit: *unit,
            window: Window { from: step[0].min(step[1]), to: step[0].max(step[1]) },
            is_taken_away: step[1] < step[0],
        })
        .collect()
}

fn nearest(time: DateTime<Utc>, width: i64) -> DateTime<Utc> {
    let middle = time + TimeDelta::seconds(width / 2);
    let second = middle.timestamp();
    // Not the remainder: before the epoch that would be the start after.
    DateTime::from_timestamp(second - second.rem_euclid(width), 0).expect("within the years of a window")
}

impl Piece {
    /// Whole stretches of what is counted.
    pub(super) fn whole(unit: Unit, window: Window) -> Self {
        Self { unit, window, is_taken_away: false }
    }

    /// What stands before its count.
    pub(super) fn sign(&self) -> &'static str {
        if self.is_taken_away { "-" } else { "" }
    }
}

impl Unit {
    /// The seconds of a stretch that is counted.
    pub(super) fn width(self) -> Option<i64> {
        match self {
            Self::Days => Some(DAY),
            Self::Hours => Some(HOUR),
            Self::Minutes => Some(MINUTE),
            Self::Times => None,
        }
    }
}

#[cfg(test)]
mod tests;
