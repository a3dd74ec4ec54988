//! Slices: a stretch of an ordered list, told by the items next to it, so that it costs what it holds wherever in the list it lies.

use chrono::{DateTime, Utc};

use super::{Conditions, Direction, Walk};

/// What an item is ordered by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Time(DateTime<Utc>),
    Text(String),
}

/// Where an item lies in its list: ties in the order are broken by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mark {
    pub(crate) key: Key,
    pub(crate) id: i64,
}

/// So many items between two marks, which don't belong to it, from the first or from the last one on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slice {
    pub(crate) after: Option<Mark>,
    pub(crate) before: Option<Mark>,
    pub(crate) most: i64,
    pub(crate) is_from_end: bool,
}

/// Items with their marks, and whether more come after them, in the direction in which they were looked for.
#[derive(Debug)]
pub(crate) struct Sliced<T> {
    pub(crate) items: Vec<(Mark, T)>,
    pub(crate) has_more: bool,
}

/// What a walk lies between, in its direction; without an end where none is given.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks<'a> {
    pub(super) from: Option<&'a Mark>,
    pub(super) to: Option<&'a Mark>,
}

/// What a list goes by in SQL, and then by which id.
#[derive(Clone, Debug)]
pub(super) struct OrderKey {
    pub(super) sql: String,
    pub(super) id: &'static str,
    /// What a bound value becomes to be compared with it.
    pub(super) cast: &'static str,
}

impl Slice {
    /// The way to it. One more item than it holds tells whether there are more.
    pub(super) fn walk(&self, direction: Direction, count: i64) -> Walk {
        let direction = if self.is_from_end { direction.turned() } else { direction };
        Walk { passed: 0, taken: self.most + 1, direction, is_from_end: false, count }
    }

    /// What the way lies between.
    pub(super) fn marks(&self) -> Marks<'_> {
        let (after, before) = (self.after.as_ref(), self.before.as_ref());
        if self.is_from_end { Marks { from: before, to: after } } else { Marks { from: after, to: before } }
    }

    /// What is found on the way among items that are all at hand, from the smallest to the greatest.
    pub(crate) fn find<T>(
        &self,
        items: impl DoubleEndedIterator<Item = T>,
        mark: impl Fn(&T) -> Mark,
    ) -> Vec<T> {
        let between = items.filter(|item| {
            let mark = mark(item);
            self.after.as_ref().is_none_or(|after| mark > *after)
                && self.before.as_ref().is_none_or(|before| mark < *before)
        });
        let taken = usize::try_from(self.most).unwrap_or(usize::MAX).saturating_add(1);
        if self.is_from_end { between.rev().take(taken).collect() } else { between.take(taken).collect() }
    }

    /// What was found on the way, in the order of the list.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, mark: impl Fn(&T) -> Mark) -> Sliced<T> {
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let has_more = items.len() > most;
        items.truncate(most);
        if self.is_from_end {
            items.reverse();
        }
        Sliced { items: items.into_iter().map(|item| (mark(&item), item)).collect(), has_more }
    }
}

impl<'a> Marks<'a> {
    /// Leaves out what isn't between them.
    pub(super) fn within(self, conditions: &mut Conditions<'a>, key: &OrderKey, direction: Direction) {
        for (mark, operator) in self.ends(direction) {
            let value = match &mark.key {
                Key::Time(time) => conditions.bind(time),
                Key::Text(text) => conditions.bind(text),
            };
            let (OrderKey { sql, id, cast }, mark) = (key, conditions.bind(&mark.id));
            conditions.hold(format!("({sql}, {id}) {operator} ({value}{cast}, {mark})"));
        }
    }

    /// Those that are given, and how what lies between them compares with each.
    pub(super) fn ends(self, direction: Direction) -> impl Iterator<Item = (&'a Mark, &'static str)> {
        let (beyond, short_of) = match direction {
            Direction::Ascending => (">", "<"),
            Direction::Descending => ("<", ">"),
        };
        [(self.from, beyond), (self.to, short_of)]
            .into_iter()
            .filter_map(|(mark, operator)| Some((mark?, operator)))
    }
}

impl<T> Default for Sliced<T> {
    fn default() -> Self {
        Self { items: Vec::new(), has_more: false }
    }
}
