//! Stretches of a window: minutes, hours or days of UTC's, or the window as a whole. Those at its ends are as much of theirs as it has.

use chrono::{DateTime, TimeDelta, Utc};

use super::At;
use crate::queries::pieces::{Piece, Unit, cut};
use crate::queries::{Conditions, Window};

/// How long a stretch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Minute,
    Hour,
    Day,
}

/// A window, told apart by stretches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretches {
    pub(super) window: Window,
    width: Option<Width>,
}

/// A piece of a stretch, or whole stretches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// When its stretch begins; of whole stretches their own bucket tells.
    at: Option<DateTime<Utc>>,
    piece: Piece,
}

/// Something that is counted, and the rows that it is of.
pub(super) struct Counted<'a> {
    /// A table of `bucket`, `width` and `count`, and what else holds for its rows.
    pub(super) counts: &'static str,
    pub(super) condition: &'a str,
    /// What tells its rows apart, each followed by a comma.
    pub(super) columns: &'static str,
    pub(super) rows: &'a str,
    pub(super) clock: &'static str,
    /// What the rows are grouped by.
    pub(super) group: &'static str,
}

impl Width {
    const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    fn unit(self) -> Unit {
        match self {
            Self::Minute => Unit::Minutes,
            Self::Hour => Unit::Hours,
            Self::Day => Unit::Days,
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The beginning of the stretch that a time lies in.
    fn floor(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let second = time.timestamp();
        let start = second - second.rem_euclid(self.seconds());
        DateTime::from_timestamp(start, 0).expect("within the years of a window")
    }

    /// The first beginning of a stretch at or after a time.
    fn ceil(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let floor = self.floor(time);
        if floor == time { floor } else { floor + TimeDelta::seconds(self.seconds()) }
    }
}

impl Stretches {
    /// All of a window as one.
    pub(crate) fn whole(window: Window) -> Self {
        Self { window, width: None }
    }

    /// Stretches of a width, or the shortest of which there are no more than so many. `None` where there are more.
    pub(crate) fn of(window: Window, width: Option<Width>, most: i64) -> Option<Self> {
        let few = |width: &Width| {
            let seconds = (width.ceil(window.to) - width.floor(window.from)).num_seconds();
            seconds / width.seconds() <= most
        };
        let width = match width {
            Some(width) => Some(width).filter(few),
            None => Width::ALL.into_iter().find(few),
        }?;
        Some(Self { window, width: Some(width) })
    }

    /// All of them, each with when it begins, and what the window has of it.
    pub(crate) fn list(&self) -> Vec<At<(DateTime<Utc>, DateTime<Utc>)>> {
        let Window { from, to } = self.window;
        let Some(width) = self.width else { return vec![(from, (from, to))] };
        let (mut at, mut all) = (width.floor(from), Vec::new());
        while at < to {
            let next = at + TimeDelta::seconds(width.seconds());
            all.push((at, (at.max(from), next.min(to))));
            at = next;
        }
        all
    }

    /// When the stretch of a row begins.
    pub(super) fn sql<'a>(&'a self, clock: &str, values: &mut Conditions<'a>) -> String {
        match self.width {
            Some(width) => format!("date_trunc('{}', {clock}, 'UTC')", width.sql()),
            None => format!("{}::timestamptz", values.bind(&self.window.from)),
        }
    }

    /// What they are counted from.
    pub(super) fn parts(&self) -> Vec<Part> {
        let Window { from, to } = self.window;
        let within = |at, window| cut(window).into_iter().map(move |piece| Part { at: Some(at), piece });
        let Some(width) = self.width else { return within(from, self.window).collect() };
        let (first, last) = (width.ceil(from), width.floor(to));
        if first > last {
            return within(last, self.window).collect();
        }
        let whole = Window { from: first, to: last };
        let whole = Part { at: None, piece: Piece::whole(width.unit(), whole) };
        within(width.floor(from), Window { from, to: first })
            .chain((first < last).then_some(whole))
            .chain(within(last, Window { from: last, to }))
            .collect()
    }
}

impl Counted<'_> {
    /// Rows of `at`, what tells them apart, and `count`, to be summed up.
    pub(super) fn sql<'a>(&self, parts: &'a [Part], values: &mut Conditions<'a>) -> String {
        let Self { counts, condition, columns, rows, clock, group } = self;
        let part = |Part { at, piece }: &'a Part| {
            let at = match at {
                Some(at) => format!("{}::timestamptz", values.bind(at)),
                None => "bucket".to_owned(),
            };
            let sign = piece.sign();
            match piece.unit.width() {
                Some(width) => {
                    let bounds = values.between("bucket", &piece.window);
                    format!(
                        "select {at} as at, {columns} {sign}count as count from {counts}
                        where {condition} and width = {width} and {bounds}"
                    )
                }
                None => {
                    let bounds = values.between(clock, &piece.window);
                    format!(
                        "select {at} as at, {columns} {sign}count(*) as count from {rows} where {bounds} {group}"
                    )
                }
            }
        };
        parts.iter().map(part).collect::<Vec<_>>().join(" union all ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        format!("2026-08-22T{time}Z").parse().unwrap()
    }

    fn window(from: &str, to: &str) -> Window {
        Window { from: at(from), to: at(to) }
    }

    #[test]
    fn stretches_at_the_ends_are_as_much_as_the_window_has_of_them() {
        let list = |from, to, width| Stretches::of(window(from, to), Some(width), 9).unwrap().list();
        assert_eq!(
            list("10:30:00", "12:00:01", Width::Hour),
            [
                (at("10:00:00"), (at("10:30:00"), at("11:00:00"))),
                (at("11:00:00"), (at("11:00:00"), at("12:00:00"))),
                (at("12:00:00"), (at("12:00:00"), at("12:00:01"))),
            ]
        );
        assert_eq!(
            list("10:00:10", "10:00:20", Width::Minute),
            [(at("10:00:00"), (at("10:00:10"), at("10:00:20")))]
        );
    }

    #[test]
    fn they_are_the_shortest_of_which_there_are_not_too_many() {
        let width = |most| Stretches::of(window("10:00:00", "12:00:00"), None, most).map(|all| all.width);
        assert_eq!(
            [120, 119, 2, 1].map(width),
            [
                Some(Some(Width::Minute)),
                Some(Some(Width::Hour)),
                Some(Some(Width::Hour)),
                Some(Some(Width::Day))
            ]
        );
        assert_eq!(Stretches::of(window("10:00:00", "12:00:01"), Some(Width::Hour), 2), None);
    }
}
