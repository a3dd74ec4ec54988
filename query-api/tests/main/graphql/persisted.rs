//! Queries that are sent once, and named by their hashes from then on.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::api::{Api, message};

const QUERY: &str = "{ payloads { totalCount } }";

fn hash(query: &str) -> String {
    hex::encode(Sha256::digest(query))
}

fn named(hash: &str) -> Value {
    json!({"persistedQuery": {"version": 1, "sha256Hash": hash}})
}

async fn asked(api: &Api, body: &Value) -> Value {
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    api.send(request.body(Body::from(body.to_string())).unwrap()).await.json()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

#[tokio::test]
async fn a_query_that_was_sent_once_is_known_by_its_hash() {
    let api = Api::of(&[message(1)]).await;
    let by_hash = json!({"extensions": named(&hash(QUERY))});
    let unknown = asked(&api, &by_hash).await;
    // Clients go by both.
    assert_eq!(
        (code(&unknown), &unknown["errors"][0]["message"]),
        ("PERSISTED_QUERY_NOT_FOUND", &json!("PersistedQueryNotFound"))
    );
    let answer = json!({"data": {"payloads": {"totalCount": 1}}});
    assert_eq!(asked(&api, &json!({"query": QUERY, "extensions": named(&hash(QUERY))})).await, answer);
    assert_eq!(asked(&api, &by_hash).await, answer);
    assert_eq!(asked(&api, &json!({"query": QUERY})).await, answer);
}

#[tokio::test]
async fn a_hash_that_is_not_the_querys_is_refused_and_keeps_nothing() {
    let api = Api::of(&[]).await;
    let other = hash("{ payloads { nodes { id } } }");
    assert_eq!(
        code(&asked(&api, &json!({"query": QUERY, "extensions": named(&other)})).await),
        "BAD_REQUEST"
    );
    assert_eq!(code(&asked(&api, &json!({"extensions": named(&other)})).await), "PERSISTED_QUERY_NOT_FOUND");
    for wrong in [
        json!({"version": 2, "sha256Hash": hash(QUERY)}),
        json!({"version": 1, "sha256Hash": "12"}),
        json!({"version": 1}),
        json!([]),
    ] {
        let body = json!({"query": QUERY, "extensions": {"persistedQuery": wrong}});
        assert_eq!(code(&asked(&api, &body).await), "BAD_REQUEST", "{body}");
    }
}

// Seen to fail with queries kept before the gate has seen them, and with the gate first.
#[tokio::test]
async fn what_the_gate_refuses_is_not_kept() {
    let api = Api::of(&[]).await;
    let long = format!("{{ __typename {} }}", "x: __typename ".repeat(3_000));
    let refused = asked(&api, &json!({"query": long, "extensions": named(&hash(&long))})).await;
    assert_eq!(code(&refused), "TOO_LONG");
    let unknown = asked(&api, &json!({"extensions": named(&hash(&long))})).await;
    assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
}
