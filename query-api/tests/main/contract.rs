//! The contracts that are checked in, and whether the API keeps them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::MessageBuilder;

use crate::api::{Api, ID, PREFIXES};
use crate::archive::associate;
use crate::document::Document;

/// Every parameter that some route knows, and one that none does.
const NAMES: [&str; 28] = [
    "page",
    "page_size",
    "sort_by",
    "sort_dir",
    "account",
    "org_id",
    "inventory_id",
    "system_id",
    "request_id",
    "service",
    "source",
    "status",
    "status_msg",
    "created_at_lt",
    "created_at_lte",
    "created_at_gt",
    "created_at_gte",
    "date_lt",
    "date_lte",
    "date_gt",
    "date_gte",
    "verbosity",
    "parts",
    "full",
    "stat",
    "limit",
    "offset",
    "part",
];

fn parameters<'a>(document: &'a Value, path: &str) -> Vec<&'a Value> {
    document["paths"][path]["get"]["parameters"].as_array().into_iter().flatten().collect()
}

fn names(document: &Value, path: &str) -> BTreeSet<String> {
    let of_query = parameters(document, path).into_iter().filter(|parameter| parameter["in"] == "query");
    of_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

fn paths(document: &Value) -> Vec<String> {
    document["paths"].as_object().unwrap().keys().cloned().collect()
}

/// Every place in a value where this is the key.
fn all<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let inner: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => vec![],
    };
    value.get(key).into_iter().chain(inner.into_iter().flat_map(|inner| all(inner, key))).collect()
}

async fn api() -> Api {
    let part = "1".repeat(32);
    let status = MessageBuilder::new(&format!("{ID}:{part}")).with("status", "success");
    let status = status.with("source", "inventory").with("status_msg", "done").with("org_id", "77");
    let status = status.with("account", "a").with("inventory_id", "i").with("system_id", "s");
    Api::of(&[status.with("date", chrono::Utc::now().to_rfc3339())]).await.with(&[
        "--requestor",
        "mock",
        "--kibana-url",
        "http://k",
    ])
}

#[test]
fn the_graphql_schema_is_the_one_that_is_checked_in() {
    let checked_in = include_str!("../../../schema/schema.graphql");
    assert!(query_api::sdl() == checked_in, "schema/schema.graphql is out of date: run `make contracts`");
}

#[tokio::test]
async fn the_graphql_schema_is_given_as_a_file() {
    let api = api().await;
    let file = api.get("/graphql/schema.graphql").await;
    assert!(file.text == query_api::sdl(), "{}", file.text);
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"schema.graphql\"");
    let closed = api.with(&["--graphql-introspection", "false"]).get("/graphql/schema.graphql").await;
    assert!(closed.status == 404 && !closed.text.contains("type Query"), "{}", closed.text);
    let policy = api.with(&["--access-policy", "identity"]);
    assert_eq!(policy.get("/graphql/schema.graphql").await.status, 401);
}

#[tokio::test]
async fn everything_in_the_graphql_schema_is_described() {
    let api = api().await;
    let query = "{ __schema { types { name description fields(includeDeprecated: true) { name description args { name description } } \
        inputFields { name description } enumValues { name description } } } }";
    let answer = api.graphql(query).await;
    let types = answer["data"]["__schema"]["types"].as_array().unwrap_or_else(|| panic!("{answer}"));
    // The specification has its own, the library none for it.
    let is_ours = |name: &str| !name.starts_with("__") && name != "ID";
    let ours = types.iter().filter(|one| is_ours(one["name"].as_str().unwrap()));
    let mut missing = Vec::new();
    for one in ours {
        let named = |path: &str, one: &Value| format!("{path}.{}", one["name"].as_str().unwrap());
        let mut all = vec![(named("", one), one)];
        for part in ["fields", "inputFields", "enumValues"]
            .iter()
            .flat_map(|part| one[part].as_array().into_iter().flatten())
        {
            let name = named(&all[0].0, part);
            let arguments = part["args"].as_array().into_iter().flatten();
            all.extend(arguments.map(|argument| (named(&name, argument), argument)).collect::<Vec<_>>());
            all.push((name, part));
        }
        let is_missing = |one: &Value| one["description"].as_str().is_none_or(str::is_empty);
        missing.extend(all.into_iter().filter(|(_, one)| is_missing(one)).map(|(name, _)| name));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_openapi_document_and_its_swagger_are_those_that_are_checked_in() {
    let documents = [
        ("openapi", query_api::openapi(), include_str!("../../../schema/openapi.json")),
        ("swagger", query_api::swagger(), include_str!("../../../schema/swagger.json")),
    ];
    for (name, document, checked_in) in documents {
        assert!(
            format!("{document:#}\n") == checked_in,
            "schema/{name}.json is out of date: run `make contracts`"
        );
    }
}

// Seen to fail with a filter left out of the document.
#[tokio::test]
async fn the_parameters_that_are_documented_are_those_that_are_read() {
    let (api, document) = (api().await, query_api::openapi());
    for path in paths(&document).iter().filter(|path| !path.ends_with("archiveLink")) {
        let documented = names(&document, path);
        let mut read = BTreeSet::new();
        for name in NAMES {
            // What is no text is refused where it is looked at, and nowhere else.
            let asked = format!("/api/v1{}?{name}=%ff", path.replace("{request_id}", ID));
            let answer = api.get(&asked).await;
            match answer.status.as_u16() {
                400 => read.insert(name.to_owned()),
                status => {
                    assert_eq!(status, 200, "{asked}: {}", answer.text);
                    false
                }
            };
        }
        assert_eq!(documented, read, "{path}");
    }
}

// Seen to fail with a sort key that isn't known.
#[tokio::test]
async fn every_value_that_is_documented_is_taken() {
    let (api, document) = (api().await, query_api::openapi());
    let mut count = 0;
    for path in paths(&document) {
        for parameter in parameters(&document, &path) {
            for value in parameter["schema"]["enum"].as_array().into_iter().flatten() {
                let (name, value) = (&parameter["name"], value.to_string());
                let query = format!("{}={}", name.as_str().unwrap(), value.trim_matches('"'));
                api.json(&format!("/api/v1{}?{query}", path.replace("{request_id}", ID))).await;
                count += 1;
            }
        }
    }
    assert!(count > 30);
}

// Seen to fail with a field of an item left out of its schema.
#[tokio::test]
async fn every_answer_and_every_example_is_as_documented() {
    let (api, document) = (api().await, Document::read());
    for (path, operation) in document.operations() {
        assert_eq!(operation.faults_of_examples(), [""; 0], "{path}");
        let asked = format!("/api/v1{}?parts=true", path.replace("{request_id}", ID));
        let answer = api.get_with(&asked, &[("x-rh-identity", &associate())]).await;
        assert_eq!(answer.status, 200, "{asked}: {}", answer.text);
        assert_eq!(document.faults(path, &answer), [""; 0], "{asked}: {}", answer.text);
    }
}

#[test]
fn operations_have_names_of_their_own() {
    let document = query_api::openapi();
    let ids: Vec<_> = all(&document, "operationId").into_iter().map(Value::to_string).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(ids.len(), paths(&document).len());
}

// Seen to fail with parameters left out of the Swagger document.
#[test]
fn swagger_says_what_openapi_says() {
    let (openapi, swagger) = (query_api::openapi(), query_api::swagger());
    assert_eq!((&swagger["swagger"], &swagger["basePath"]), (&json!("2.0"), &json!("/api/v1")));
    assert_eq!(paths(&swagger), paths(&openapi));
    for path in paths(&openapi) {
        assert_eq!(names(&swagger, &path), names(&openapi, &path), "{path}");
        for parameter in parameters(&swagger, &path) {
            assert!(parameter["type"].is_string() && parameter.get("schema").is_none(), "{parameter}");
        }
        let codes = |document: &Value| {
            let responses = document["paths"][&path]["get"]["responses"].as_object().unwrap();
            responses.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(codes(&swagger), codes(&openapi), "{path}");
    }
    let references = all(&swagger, "$ref");
    assert!(references.len() > 20);
    for reference in references {
        let place = reference.as_str().unwrap().trim_start_matches('#');
        assert!(swagger.pointer(place).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn the_documents_are_served_and_so_is_a_page_that_shows_them_from_files_of_ours() {
    let api = Api::of(&[]).await;
    for prefix in PREFIXES {
        assert_eq!(api.json(&format!("{prefix}/openapi.json")).await, query_api::openapi());
        assert_eq!(api.json(&format!("{prefix}/swagger.json")).await, query_api::swagger());
        let page = api.get(&format!("{prefix}/docs")).await;
        let start = api.get(&format!("{prefix}/docs/assets/start.js")).await;
        let links = crate::graphiql::links(&format!("{}{}", page.text, start.text));
        assert!(links.len() >= 5, "{links:?}");
        for link in links.iter().filter(|link| !link.starts_with("data:")) {
            assert!(!link.starts_with('/') && !link.contains("://"), "{link} isn't beside the page");
            let answer = api.get(&format!("{prefix}/{link}")).await;
            assert_eq!(answer.status, 200, "{link}");
            assert!(!answer.text.contains("sourceMappingURL="), "{link} asks for a source map");
        }
    }
}
