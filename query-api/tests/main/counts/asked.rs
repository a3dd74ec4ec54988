//! A question, as the API and as PostgreSQL are asked it.

use chrono::{DateTime, Utc};

/// Which items of a list.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) list: &'static str,
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) bounds: Vec<Bound>,
}

/// A bound of a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) column: &'static str,
    pub(super) operator: &'static str,
    pub(super) time: DateTime<Utc>,
}

impl Asked {
    pub(super) fn new(list: &'static str, labels: &[(&'static str, &str)], bounds: Vec<Bound>) -> Self {
        let labels = labels.iter().map(|(column, value)| (*column, (*value).to_owned())).collect();
        Self { list, labels, bounds }
    }

    pub(super) fn path(&self) -> String {
        let labels = self.labels.iter().map(|(name, value)| format!("&{name}={value}"));
        let bounds = self.bounds.iter().map(|Bound { column, operator, time }| {
            format!("&{column}_{operator}={}", time.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
        });
        format!("/api/v1/{}?page_size=1{}", self.list, labels.chain(bounds).collect::<String>())
    }

    pub(super) fn sql(&self) -> String {
        let labels = self.labels.iter().map(|(column, value)| format!(" and {column} = '{value}'"));
        let bounds = self.bounds.iter().map(|bound| {
            let operator = match bound.operator {
                "lt" => "<",
                "lte" => "<=",
                "gt" => ">",
                _ => ">=",
            };
            format!(" and {} {operator} '{}'", bound.column, bound.time.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
        });
        format!("select count(*) from {} where true{}", self.list, labels.chain(bounds).collect::<String>())
    }
}
