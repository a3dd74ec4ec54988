//! Slices: a stretch of an ordered list, told by the items next to it, so that it costs what it holds wherever in the list it lies.

use chrono::{DateTime, Utc};
use schema::{Unreadable, column};
use tokio_postgres::Row;

use super::{Conditions, Direction};

/// What an item is ordered by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Time(DateTime<Utc>),
    Text(String),
}

/// Where an item lies in its list: ties in the order are broken by id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mark {
    pub(crate) key: Key,
    pub(crate) id: i64,
}

/// So many items between two marks, which don't belong to it, from the first or from the last one on.
#[derive(Clone, Debug)]
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

/// What a list goes by: an expression of SQL, and the type that a bound text takes on to be compared with it. Times need none.
#[derive(Clone, Debug)]
pub(super) struct OrderKey {
    pub(super) sql: String,
    pub(super) text: Option<&'static str>,
}

impl OrderKey {
    /// As it is selected, under the name that marks are read by.
    pub(super) fn selected(&self) -> String {
        let cast = if self.text.is_some() { "::text" } else { "" };
        format!("({}){cast} as mark", self.sql)
    }
}

impl Slice {
    /// Leaves out what isn't between the marks.
    pub(super) fn within<'a>(
        &'a self,
        conditions: &mut Conditions<'a>,
        key: &OrderKey,
        direction: Direction,
    ) {
        let (beyond, ahead) = match direction {
            Direction::Ascending => (">", "<"),
            Direction::Descending => ("<", ">"),
        };
        for (mark, operator) in [(&self.after, beyond), (&self.before, ahead)] {
            if let Some(Mark { key: value, id }) = mark {
                let value = match value {
                    Key::Time(time) => conditions.bind(time),
                    Key::Text(text) => conditions.bind(text),
                };
                let cast = key.text.unwrap_or_default();
                let id = conditions.bind(id);
                conditions.hold(format!("({}, id) {operator} ({value}{cast}, {id})", key.sql));
            }
        }
    }

    /// The statement, of all rows between the marks: no more of them are read than it takes to know whether there are more.
    pub(super) fn sql(&self, selected: &str, key: &OrderKey, direction: Direction) -> String {
        let direction = if self.is_from_end { direction.turned() } else { direction }.sql();
        let (key, most) = (&key.sql, self.most + 1);
        format!("{selected} order by {key} {direction}, id {direction} limit {most}")
    }

    /// The rows, in the order of the list.
    pub(super) fn read<T>(
        &self,
        rows: &[Row],
        key: &OrderKey,
        from_row: fn(&Row) -> Result<T, Unreadable>,
    ) -> Result<Sliced<T>, Unreadable> {
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let read = |row| {
            let value = match key.text {
                Some(_) => Key::Text(column(row, "mark")?),
                None => Key::Time(column(row, "mark")?),
            };
            Ok((Mark { key: value, id: column(row, "id")? }, from_row(row)?))
        };
        let mut items = rows.iter().take(most).map(read).collect::<Result<Vec<_>, Unreadable>>()?;
        if self.is_from_end {
            items.reverse();
        }
        Ok(Sliced { items, has_more: rows.len() > most })
    }
}
