//! Pieces of a window: whole hours and whole minutes, which are counted already, and the rest at its edges, which isn't.

use chrono::{DateTime, TimeDelta, Utc};

use super::Window;

/// The stretches that are counted, in seconds: both begin where UTC's do.
const MINUTE: i32 = 60;
const HOUR: i32 = 3_600;

/// A window, cut up: every time in it lies in exactly one of these, and no other time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pieces {
    /// From the start of an hour to the start of an hour.
    hours: Window,
    /// From the start of a minute to the start of a minute, each less than an hour; less than two where no hour is whole.
    minutes: [Window; 2],
    /// Each less than a minute; less than two where no minute is whole.
    edges: [Window; 2],
}

impl Pieces {
    /// Cuts a window up. An empty one has only empty pieces.
    pub(super) fn of(window: Window) -> Self {
        let [early_edge, whole_minutes, late_edge] = cut(window, MINUTE);
        let [early_minutes, hours, late_minutes] = cut(whole_minutes, HOUR);
        Self { hours, minutes: [early_minutes, late_minutes], edges: [early_edge, late_edge] }
    }

    /// Those of whole stretches that aren't empty, each with the seconds in a stretch.
    pub(super) fn counted(&self) -> impl Iterator<Item = (i32, &Window)> {
        let [early, late] = &self.minutes;
        let pieces = [(HOUR, &self.hours), (MINUTE, early), (MINUTE, late)];
        pieces.into_iter().filter(|(_, piece)| !piece.is_empty())
    }

    /// Those of no whole stretch that aren't empty.
    pub(super) fn edges(&self) -> impl Iterator<Item = &Window> {
        self.edges.iter().filter(|piece| !piece.is_empty())
    }
}

/// What is before the first whole stretch of this width, the whole stretches, and what is after them. Where none is whole all
/// is before.
fn cut(window: Window, width: i32) -> [Window; 3] {
    let Window { from, to } = window;
    let (first, last) = (start_at_or_after(from, width), start_at_or_before(to, width));
    if first < last {
        [Window { from, to: first }, Window { from: first, to: last }, Window { from: last, to }]
    } else {
        let nothing = Window { from: to, to };
        [window, nothing, nothing]
    }
}

fn start_at_or_before(time: DateTime<Utc>, width: i32) -> DateTime<Utc> {
    let second = time.timestamp();
    // Not the remainder: before the epoch that would be the start after.
    let start = second - second.rem_euclid(width.into());
    DateTime::from_timestamp(start, 0).expect("within the years of a window")
}

fn start_at_or_after(time: DateTime<Utc>, width: i32) -> DateTime<Utc> {
    let before = start_at_or_before(time, width);
    if before == time { time } else { before + TimeDelta::seconds(width.into()) }
}

#[cfg(test)]
mod tests;
