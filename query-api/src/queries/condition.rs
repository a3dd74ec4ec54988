//! Conditions: a where-clause of texts of ours and bound values, never of a client's text.

use chrono::{DateTime, Utc};
use tokio_postgres::types::ToSql;

/// A half-bounded or bounded range of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) lt: Option<DateTime<Utc>>,
    pub(crate) lte: Option<DateTime<Utc>>,
    pub(crate) gt: Option<DateTime<Utc>>,
    pub(crate) gte: Option<DateTime<Utc>>,
}

/// Conditions that must all hold.
#[derive(Default)]
pub(crate) struct Conditions<'a> {
    clauses: Vec<String>,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl Window {
    fn is_open(&self) -> bool {
        *self == Self::default()
    }
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
        let clauses = self.bounds(column, window);
        self.clauses.extend(clauses);
    }

    /// Some status of the payload lies in the window.
    pub(crate) fn has_status_within(&mut self, window: &'a Window) {
        if !window.is_open() {
            let bounds = self.bounds("statuses.date", window).join(" and ");
            self.clauses.push(format!(
                "exists (select from statuses where statuses.request_id = payloads.request_id and {bounds})"
            ));
        }
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

    /// The bound values.
    pub(crate) fn values(&self) -> &[&'a (dyn ToSql + Sync)] {
        &self.values
    }

    fn bounds(&mut self, column: &str, window: &'a Window) -> Vec<String> {
        let bounds = [("<", &window.lt), ("<=", &window.lte), (">", &window.gt), (">=", &window.gte)];
        let given = bounds.into_iter().filter_map(|(operator, bound)| Some((operator, bound.as_ref()?)));
        given.map(|(operator, bound)| format!("{column} {operator} {}", self.bind(bound))).collect()
    }
}
