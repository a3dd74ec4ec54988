//! Cases: a sentence of the contract, and questions whose answers show that it holds.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::{Answer, Direction};

/// A sentence of `docs/rest.md`, and what shows it.
pub(crate) struct Case {
    pub(crate) sentence: &'static str,
    pub(crate) questions: Vec<Question>,
}

/// A request, and what is expected of its answer: a 200, unless it says otherwise.
pub(crate) struct Question {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Without this, the path is asked for under both prefixes.
    pub(crate) is_at_root: bool,
    pub(crate) headers: Vec<(&'static str, String)>,
    status: u16,
    expectations: Vec<(String, Expectation)>,
}

type Expectation = Box<dyn Fn(&Answer) -> bool + Send>;

/// Begins a case.
pub(crate) fn case(sentence: &'static str) -> Case {
    Case { sentence, questions: Vec::new() }
}

impl Case {
    /// Asks for a path under both prefixes. What follows is about its answer.
    pub(crate) fn get(self, path: impl Into<String>) -> Self {
        self.ask(Method::GET, path, false)
    }

    /// Asks for a path as it is.
    pub(crate) fn get_at_root(self, path: impl Into<String>) -> Self {
        self.ask(Method::GET, path, true)
    }

    /// Asks by another method.
    pub(crate) fn ask(mut self, method: Method, path: impl Into<String>, is_at_root: bool) -> Self {
        let (path, headers, expectations) = (path.into(), Vec::new(), Vec::new());
        self.questions.push(Question { method, path, is_at_root, headers, status: 200, expectations });
        self
    }

    /// Sends a header along.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.last().headers.push((name, value.into()));
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.last().status = status;
        self
    }

    /// The answer is an error of this status and message.
    pub(crate) fn refuses(self, status: u16, message: impl Into<String>) -> Self {
        let title = StatusCode::from_u16(status).unwrap().canonical_reason();
        self.status(status).is(json!({"title": title, "message": message.into(), "status": status}))
    }

    /// The answer is this JSON.
    pub(crate) fn is(self, expected: Value) -> Self {
        self.expect(format!("it is {expected}"), move |answer| answer.json() == expected)
    }

    /// The answer is this text.
    pub(crate) fn says(self, expected: &'static str) -> Self {
        self.expect(format!("it is {expected:?}"), move |answer| answer.text == expected)
    }

    /// This is at a place of the answer.
    pub(crate) fn at(self, pointer: &'static str, expected: impl Into<Value>) -> Self {
        let expected = expected.into();
        self.expect(format!("{expected} is at {pointer}"), move |answer| {
            answer.json().pointer(pointer) == Some(&expected)
        })
    }

    /// Nothing is at a place of the answer.
    pub(crate) fn without(self, pointer: &'static str) -> Self {
        self.expect(format!("nothing is at {pointer}"), move |answer| {
            answer.json().is_object() && answer.json().pointer(pointer).is_none()
        })
    }

    /// An object of the answer has these fields and no other.
    pub(crate) fn fields(self, pointer: &'static str, expected: &'static [&'static str]) -> Self {
        self.expect(format!("{pointer} has {expected:?} alone"), move |answer| {
            let json = answer.json();
            let Some(object) = json.pointer(pointer).and_then(Value::as_object) else { return false };
            object.len() == expected.len() && expected.iter().all(|name| object.contains_key(*name))
        })
    }

    /// A field of the items, from the first to the last.
    pub(crate) fn column(self, field: &'static str, expected: &'static [&'static str]) -> Self {
        self.expect(format!("{field} of the items is {expected:?}"), move |answer| {
            answer.column(field) == expected
        })
    }

    /// `count` is this, and a page that holds all has as many items.
    pub(crate) fn counts(self, expected: i64) -> Self {
        let length = usize::try_from(expected).unwrap();
        self.at("/count", expected)
            .expect("there are as many items".to_owned(), move |answer| answer.items().len() == length)
    }

    /// In the order of a field, with ties in any.
    pub(crate) fn ordered(self, field: &'static str, direction: Direction) -> Self {
        self.expect(format!("it is in the order of {field}, {direction:?}"), move |answer| {
            answer.is_ordered(field, direction)
        })
    }

    /// In the order of a field, with ties in that of their ids.
    pub(crate) fn sorted(self, field: &'static str, direction: Direction) -> Self {
        self.expect(format!("it is sorted by {field}, {direction:?}"), move |answer| {
            answer.is_sorted(field, direction)
        })
    }

    pub(crate) fn header(self, name: &'static str, expected: &'static str) -> Self {
        self.expect(format!("{name} is {expected:?}"), move |answer| answer.header(name) == expected)
    }

    /// Something else.
    pub(crate) fn holds(self, what: &'static str, holds: fn(&Answer) -> bool) -> Self {
        self.expect(what.to_owned(), holds)
    }

    fn expect(mut self, what: String, holds: impl Fn(&Answer) -> bool + Send + 'static) -> Self {
        self.last().expectations.push((what, Box::new(holds)));
        self
    }

    fn last(&mut self) -> &mut Question {
        self.questions.last_mut().expect("a question was asked")
    }
}

impl Question {
    /// What was expected and isn't so.
    pub(crate) fn missed(&self, answer: &Answer) -> Vec<String> {
        let status = (answer.status != self.status).then(|| format!("the status is {}", self.status));
        let others = self.expectations.iter().filter(|(_, holds)| !holds(answer));
        status.into_iter().chain(others.map(|(what, _)| what.clone())).collect()
    }
}
