//! Values of arguments: how many there are, and how long they make a page. Each variable is counted once, however often it is used.

use std::collections::HashMap;

use async_graphql::Variables;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql_value::{ConstValue, Value};

/// What the variables of a document hold.
pub(super) struct Values<'a> {
    variables: HashMap<&'a str, Held>,
}

#[derive(Clone, Copy, Default)]
struct Held {
    count: usize,
    length: Option<usize>,
}

impl<'a> Values<'a> {
    /// What is given, else the greatest default of those that operations have for a variable of the name.
    pub(super) fn of(document: &'a ExecutableDocument, given: &'a Variables) -> Self {
        let mut variables: HashMap<&str, Held> = HashMap::new();
        for (_, operation) in document.operations.iter() {
            for declared in &operation.node.variable_definitions {
                let default = declared.node.default_value.as_ref().map(|value| Held::of(&value.node));
                let (held, default) =
                    (variables.entry(&declared.node.name.node).or_default(), default.unwrap_or_default());
                *held =
                    Held { count: held.count.max(default.count), length: held.length.max(default.length) };
            }
        }
        variables.extend(given.iter().map(|(name, value)| (name.as_str(), Held::of(value))));
        Self { variables }
    }

    /// How many values there are in one.
    pub(super) fn count(&self, value: &Value) -> usize {
        match value {
            Value::Variable(name) => 1 + self.held(name).count,
            Value::List(items) => 1 + items.iter().map(|item| self.count(item)).sum::<usize>(),
            Value::Object(fields) => 1 + fields.values().map(|field| self.count(field)).sum::<usize>(),
            _ => 1,
        }
    }

    /// How long it makes a page. What is no length is refused where it is read.
    pub(super) fn length(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Variable(name) => self.held(name).length,
            Value::Number(number) => length(number.as_u64()),
            _ => None,
        }
    }

    fn held(&self, name: &str) -> Held {
        self.variables.get(name).copied().unwrap_or_default()
    }
}

impl Held {
    fn of(value: &ConstValue) -> Self {
        let length = match value {
            ConstValue::Number(number) => length(number.as_u64()),
            _ => None,
        };
        Self { count: count(value), length }
    }
}

fn count(value: &ConstValue) -> usize {
    match value {
        ConstValue::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        ConstValue::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn length(number: Option<u64>) -> Option<usize> {
    number.map(|length| usize::try_from(length).unwrap_or(usize::MAX))
}
