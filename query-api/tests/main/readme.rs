//! What the README shows of GraphQL is what is answered.

use serde_json::{Value, json};
use testkit::MessageBuilder;

use crate::api::{Api, ID, message};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");

/// An upload that failed at a service, one that is on its way, and something that nobody can read.
fn messages() -> Vec<MessageBuilder> {
    let of = |service: &str, status: &str, second: u32| {
        let date = format!("2026-08-22T04:17:{second:02}Z");
        let said = MessageBuilder::new(ID).with("service", service).with("status", status);
        said.with("date", date).with("org_id", "77").with("inventory_id", "host-1")
    };
    vec![
        of("ingress", "received", 3),
        of("ingress", "success", 4),
        of("puptoo", "received", 5),
        of("puptoo", "error", 9).with("status_msg", "the archive has no metadata"),
        message(2).with("org_id", "77").with("inventory_id", "host-1"),
        message(3).with("date", "yesterday"),
    ]
}

/// The blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let after = text.split(start.as_str()).skip(1);
    after.map(|rest| rest.split_once("```").expect("it ends").0).collect()
}

#[tokio::test]
async fn the_queries_of_the_readme_are_answered_as_it_says() {
    let readme = std::fs::read_to_string(README).unwrap();
    let (queries, answers) = (blocks(&readme, "graphql"), blocks(&readme, "json"));
    assert_eq!((queries.len(), answers.len()), (3, 3));
    let api = Api::of(&messages()).await;
    for (query, answer) in queries.into_iter().zip(answers) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(api.graphql(query).await, json!({ "data": answer }), "{query}");
    }
}
