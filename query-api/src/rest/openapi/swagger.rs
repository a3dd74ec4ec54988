//! The same document as Swagger 2.0, which older clients read.

use serde_json::{Map, Value, json};

const REFERENCE: &str = "#/components/schemas/";

/// Says in Swagger 2.0 what an OpenAPI document of ours says.
pub(in crate::rest) fn swagger(openapi: &Value) -> Value {
    let item = |item: &Value| map(item, operation);
    json!({
        "swagger": "2.0",
        "info": {
            "title": openapi["info"]["title"],
            "description": openapi["info"]["description"],
            "version": openapi["info"]["version"],
            "license": {"name": openapi["info"]["license"]["name"]},
        },
        "basePath": openapi["servers"][0]["url"],
        "securityDefinitions": openapi["components"]["securitySchemes"],
        "paths": map(&openapi["paths"], item),
        "definitions": map(&openapi["components"]["schemas"], schema),
    })
}

fn operation(operation: &Value) -> Value {
    let mut said = without(operation, &["parameters", "responses"]);
    let parameters = operation["parameters"].as_array().into_iter().flatten().map(parameter);
    said.insert("parameters".to_owned(), parameters.collect());
    let kinds = operation["responses"]["200"]["content"].as_object();
    said.insert("produces".to_owned(), kinds.into_iter().flat_map(Map::keys).cloned().collect());
    said.insert("responses".to_owned(), map(&operation["responses"], response));
    said.into()
}

/// What kind of value it is stands beside its name, not in a schema.
fn parameter(parameter: &Value) -> Value {
    let mut said = without(parameter, &["schema", "example"]);
    said.extend(parameter["schema"].as_object().cloned().unwrap_or_default());
    said.into()
}

fn response(response: &Value) -> Value {
    let mut said = without(response, &["content"]);
    for (kind, content) in response["content"].as_object().into_iter().flatten() {
        said.insert("schema".to_owned(), schema(&content["schema"]));
        said.insert("examples".to_owned(), json!({ kind.as_str(): content["example"] }));
    }
    said.into()
}

/// With references to where the definitions are.
fn schema(schema: &Value) -> Value {
    match schema {
        Value::String(text) if text.starts_with(REFERENCE) => {
            text.replace(REFERENCE, "#/definitions/").into()
        }
        Value::Array(items) => items.iter().map(self::schema).collect(),
        // What the names of an object's fields are isn't said in Swagger 2.0.
        Value::Object(_) => map(&without(schema, &["propertyNames"]).into(), self::schema),
        other => other.clone(),
    }
}

fn map(object: &Value, each: impl Fn(&Value) -> Value) -> Value {
    let entries = object.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), each(value))).collect::<Map<_, _>>().into()
}

fn without(object: &Value, names: &[&str]) -> Map<String, Value> {
    let mut rest = object.as_object().cloned().unwrap_or_default();
    rest.retain(|name, _| !names.contains(&name.as_str()));
    rest
}
