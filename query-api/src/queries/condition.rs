//! Conditions: a where-clause of texts of ours and bound values, never of a client's text.

use tokio_postgres::types::ToSql;

use super::{Among, Durations, Window};

/// So many bytes PostgreSQL has for a name.
const LONGEST_NAME: usize = 63;

/// What an index holds of a column of text: its first 63 bytes, for a producer may send one of any length. Nothing sorts as the empty
/// text that clients see. It is a column of its own, so that an index alone tells where a page begins, to tenants too.
pub(crate) fn start(column: &str) -> String {
    format!("{column}_start")
}

/// The same of a text that was read: whole characters.
pub(crate) fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_NAME)]
}

/// Conditions that must all hold.
#[derive(Default)]
pub(crate) struct Conditions<'a> {
    clauses: Vec<String>,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Conditions<'a> {
    /// The column equals one of the values. A single one leaves an index its order.
    pub(crate) fn among<T: ToSql + Sync>(&mut self, column: &str, among: &'a Among<T>) {
        let Some(values) = among.values() else { return };
        if let [value] = values.as_slice() {
            return self.compare(column, ("=", value));
        }
        let place = self.bind(values);
        self.clauses.push(format!("{column} = any ({place})"));
    }

    /// The column lies in the window.
    pub(crate) fn within(&mut self, column: &str, window: &'a Window) {
        if !window.is_open() {
            let bounds = self.bounds(column, window);
            self.clauses.push(bounds);
        }
    }

    /// The column equals the value, if there is one. Its index holds only the start.
    pub(crate) fn equal_by_its_start(&mut self, column: &str, value: &'a Option<String>) {
        if let Some(value) = value {
            self.start_equal(column, value);
        }
    }

    /// The column equals one of the values. Its index holds only their start.
    pub(crate) fn among_by_their_start(&mut self, column: &str, among: &'a Among<String>) {
        let Some(values) = among.values() else { return };
        if let [value] = values.as_slice() {
            return self.start_equal(column, value);
        }
        let (start, place) = (start(column), self.bind(values));
        self.clauses
            .push(format!("{start} = any ({place}::text[]::name[]::text[]) and {column} = any ({place})"));
    }

    /// The difference of two times lies between both ends.
    pub(crate) fn take_so_long(&mut self, difference: &str, durations: &'a Durations) {
        for (operator, micros) in [(">=", &durations.from), ("<", &durations.to)] {
            if let Some(micros) = micros {
                let place = self.bind(micros);
                self.clauses
                    .push(format!("{difference} {operator} {place}::bigint * interval '1 microsecond'"));
            }
        }
    }

    /// The column compares so with a value.
    pub(crate) fn compare(
        &mut self,
        column: &str,
        (operator, value): (&'static str, &'a (impl ToSql + Sync)),
    ) {
        let place = self.bind(value);
        self.clauses.push(format!("{column} {operator} {place}"));
    }

    /// Some status of the payload lies in the window.
    pub(crate) fn has_status_within(&mut self, window: &'a Window) {
        if !window.is_open() {
            let (from, to) = (self.bind(&window.from), self.bind(&window.to));
            // Its earliest does, or one that came later.
            self.clauses.push(format!(
                "created_at < {to} and (created_at >= {from} or last_date >= {from} and exists (
                    select from statuses
                    where statuses.request_id = payloads.request_id and date >= {from} and date < {to}))"
            ));
        }
    }

    /// What is said in SQL holds: of columns and of what was bound here.
    pub(crate) fn hold(&mut self, clause: String) {
        self.clauses.push(clause);
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
        if self.is_empty() { String::new() } else { format!("where {}", self.clause()) }
    }

    /// The same without `where`, to stand beside others.
    pub(crate) fn clause(&self) -> String {
        if self.is_empty() { "true".to_owned() } else { self.clauses.join(" and ") }
    }

    /// The clause, after which another one may be begun. Their values stay bound side by side.
    pub(crate) fn take(&mut self) -> String {
        let sql = self.sql();
        self.clauses.clear();
        sql
    }

    /// Whether everything is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// The bound values.
    pub(crate) fn values(&self) -> &[&'a (dyn ToSql + Sync)] {
        &self.values
    }

    fn start_equal(&mut self, column: &str, value: &'a String) {
        let (start, place) = (start(column), self.bind(value));
        self.clauses.push(format!("{start} = {place}::text::name::text and {column} = {place}"));
    }

    /// What holds for a column in a window that isn't open.
    fn bounds(&mut self, column: &str, window: &'a Window) -> String {
        let from = window.has_from().then(|| format!("{column} >= {}", self.bind(&window.from)));
        let to = window.has_to().then(|| format!("{column} < {}", self.bind(&window.to)));
        from.into_iter().chain(to).collect::<Vec<_>>().join(" and ")
    }
}
