//! The OpenAPI document, as what answers are held to.

use std::collections::{BTreeMap, HashMap};

use axum::http::header;
use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::api::Answer;

/// What the API says of itself.
pub(crate) struct Document {
    operations: BTreeMap<String, Operation>,
}

/// What a path may be asked, and what it may answer.
pub(crate) struct Operation {
    /// Those of the query, each with its schema.
    pub(crate) parameters: Vec<(String, Value)>,
    responses: HashMap<u16, Response>,
}

struct Response {
    /// Of what kind its body is; nothing for an answer without one.
    kind: Option<String>,
    example: Value,
    body: Validator,
}

impl Document {
    /// The one of this build.
    pub(crate) fn read() -> Self {
        let document = closed(&query_api::openapi());
        let paths = document["paths"].as_object().unwrap();
        let operation =
            |(path, item): (&String, &Value)| (path.clone(), Operation::read(&item["get"], &document));
        Self { operations: paths.iter().map(operation).collect() }
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, &Operation)> {
        self.operations.iter().map(|(path, operation)| (path.as_str(), operation))
    }

    /// In which ways an answer of a path isn't as documented.
    pub(crate) fn faults(&self, path: &str, answer: &Answer) -> Vec<String> {
        let status = answer.status.as_u16();
        let Some(response) = self.operations[path].responses.get(&status) else {
            return vec![format!("{status} isn't documented")];
        };
        let kind = answer.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
        let kind = kind.and_then(|kind| kind.split(';').next()).map(str::to_owned);
        if kind != response.kind {
            return vec![format!("it is {kind:?}, and {:?} by the document", response.kind)];
        }
        match kind.as_deref() {
            None if answer.text.is_empty() => vec![],
            None => vec!["it has a body".to_owned()],
            Some("application/json") => match serde_json::from_str(&answer.text) {
                Ok(json) => response.faults(&json),
                Err(error) => vec![format!("it is no JSON: {error}")],
            },
            Some(_) => response.faults(&answer.text.clone().into()),
        }
    }
}

impl Operation {
    fn read(operation: &Value, document: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let of_query = parameters.filter(|parameter| parameter["in"] == "query");
        let named =
            |parameter: &Value| (parameter["name"].as_str().unwrap().to_owned(), parameter["schema"].clone());
        let responses = operation["responses"].as_object().unwrap().iter();
        let response = |(status, response): (&String, &Value)| {
            (status.parse().unwrap(), Response::read(response, document))
        };
        Self { parameters: of_query.map(named).collect(), responses: responses.map(response).collect() }
    }

    /// Statuses that it may answer with.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let mut statuses: Vec<_> = self.responses.keys().copied().collect();
        statuses.sort_unstable();
        statuses
    }

    /// In which ways its examples aren't as documented.
    pub(crate) fn faults_of_examples(&self) -> Vec<String> {
        let with_body = self.responses.values().filter(|response| response.kind.is_some());
        with_body.flat_map(|response| response.faults(&response.example)).collect()
    }
}

impl Response {
    fn read(response: &Value, document: &Value) -> Self {
        let content = response["content"].as_object().and_then(|content| content.iter().next());
        let schema = content.map_or(Value::Bool(true), |(_, content)| content["schema"].clone());
        let mut schema = if schema.is_object() { schema } else { Value::Object(Map::new()) };
        // Where references lead to.
        schema["components"] = document["components"].clone();
        Self {
            kind: content.map(|(kind, _)| kind.clone()),
            example: content.map_or(Value::Null, |(_, content)| content["example"].clone()),
            body: jsonschema::options().should_validate_formats(true).build(&schema).unwrap(),
        }
    }

    fn faults(&self, body: &Value) -> Vec<String> {
        self.body.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

/// With nothing allowed that isn't documented.
fn closed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(closed).collect(),
        Value::Object(fields) => {
            let mut closed: Map<_, _> =
                fields.iter().map(|(name, field)| (name.clone(), self::closed(field))).collect();
            if fields.get("properties").is_some_and(Value::is_object) && fields.contains_key("type") {
                closed.entry("additionalProperties").or_insert(false.into());
            }
            closed.into()
        }
        other => other.clone(),
    }
}
