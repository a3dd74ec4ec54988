//! An answer, and what may be expected of one.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// What came over the socket.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| json!({ "this is no JSON": error.to_string() }))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("this is no text"))
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.json()["data"].as_array().cloned().unwrap_or_default()
    }

    /// The first item, or nothing.
    pub(crate) fn first(&self) -> Value {
        self.items().into_iter().next().unwrap_or_default()
    }

    /// One field of each item, as text; of one that hasn't got it, nothing.
    pub(crate) fn column(&self, field: &str) -> Vec<String> {
        self.items().iter().map(|item| text(&item[field])).collect()
    }

    /// Whether the items are in the order of a field, with ties in the order of their ids.
    pub(crate) fn is_sorted(&self, field: &str, direction: Direction) -> bool {
        let id = |item: &Value| text(&item["id"]).parse::<i64>().unwrap_or(i64::MIN);
        let mut keys: Vec<_> = self.items().iter().map(|item| (sort_key(&item[field]), id(item))).collect();
        if direction == Direction::Descending {
            keys.reverse();
        }
        keys.len() > 1 && keys.is_sorted()
    }

    /// Whether the items are in the order of a field, with ties in any.
    pub(crate) fn is_ordered(&self, field: &str, direction: Direction) -> bool {
        let mut values: Vec<_> = self.items().iter().map(|item| sort_key(&item[field])).collect();
        if direction == Direction::Descending {
            values.reverse();
        }
        values.len() > 1 && values.is_sorted()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A time sorts as its text does once the `Z` is away.
fn sort_key(value: &Value) -> String {
    text(value).trim_end_matches('Z').to_owned()
}
