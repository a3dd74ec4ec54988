//! Conditions: a where-clause of texts of ours and bound values, never of a client's text.

use tokio_postgres::types::ToSql;

use super::Window;

/// Conditions that must all hold.
#[derive(Default)]
pub(crate) struct Conditions<'a> {
    clauses: Vec<String>,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Conditions<'a> {
    /// The column equals the value, if there is one.
    pub(crate) fn equal(&mut self, column: &str, value: &'a Option<impl ToSql + Sync>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.clauses.push(format!("{column} = {place}"));
        }
    }

    /// The column lies in the window.
    pub(crate) fn within(&mut self, column: &str, window: &'a Window) {
        if !window.is_open() {
            let bounds = self.bounds(column, window);
            self.clauses.push(bounds);
        }
    }

    /// The column equals the value, if there is one. Its index holds only the start: a producer may send a text of any length.
    pub(crate) fn equal_by_its_start(&mut self, column: &str, value: &'a Option<String>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.clauses.push(format!("left({column}, 256) = left({place}, 256) and {column} = {place}"));
        }
    }

    /// Some status of the payload lies in the window.
    pub(crate) fn has_status_within(&mut self, window: &'a Window) {
        if !window.is_open() {
            let bounds = self.bounds("statuses.date", window);
            self.clauses.push(format!(
                "exists (select from statuses where statuses.request_id = payloads.request_id and {bounds})"
            ));
        }
    }

    /// What holds for a column between both ends of a window.
    pub(crate) fn between(&mut self, column: &str, window: &'a Window) -> String {
        let (from, to) = (self.bind(&window.from), self.bind(&window.to));
        format!("{column} >= {from} and {column} < {to}")
    }

    /// Binds a value and gives its place.
    pub(crate) fn bind(&mut self, value: &'a (impl ToSql + Sync)) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// The clause, from `where` on; nothing when everything is asked for.
    pub(crate) fn sql(&self) -> String {
        if self.clauses.is_empty() { String::new() } else { format!("where {}", self.clauses.join(" and ")) }
    }

    /// Whether everything is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// The bound values.
    pub(crate) fn values(&self) -> &[&'a (dyn ToSql + Sync)] {
        &self.values
    }

    /// What holds for a column in a window that isn't open.
    fn bounds(&mut self, column: &str, window: &'a Window) -> String {
        let from = window.has_from().then(|| format!("{column} >= {}", self.bind(&window.from)));
        let to = window.has_to().then(|| format!("{column} < {}", self.bind(&window.to)));
        from.into_iter().chain(to).collect::<Vec<_>>().join(" and ")
    }
}
