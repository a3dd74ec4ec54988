//! The contract: what `docs/rest.md` says, and whether each of its sentences is held by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::case::Case;
use crate::elsewhere::ELSEWHERE;
use crate::{
    environment, errors, kibana, links, lists, parameters, payload, payloads, roles, routes, stats, statuses,
};

fn cases() -> Vec<Case> {
    let tables: [fn() -> Vec<Case>; 13] = [
        routes::cases,
        parameters::cases,
        lists::cases,
        payloads::cases,
        statuses::cases,
        payload::cases,
        roles::cases,
        links::cases,
        links::cases_of_answers,
        kibana::cases,
        kibana::cases_without,
        stats::cases,
        errors::cases,
    ];
    tables.iter().flat_map(|table| table()).collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The sentences of a document's lists.
fn sentences(document: &str) -> BTreeSet<&str> {
    document.lines().filter_map(|line| line.strip_prefix("- ")).collect()
}

// Seen to fail with a sentence more in the document, and with one less.
#[test]
fn each_sentence_is_held_by_a_test_and_each_test_is_of_a_sentence() {
    let cases = cases();
    let held: BTreeSet<&str> =
        cases.iter().map(|case| case.sentence).chain(ELSEWHERE.iter().map(|held| held.0)).collect();
    let document = document("rest.md");
    let said = sentences(&document);
    let unheld: Vec<_> = said.difference(&held).collect();
    let unsaid: Vec<_> = held.difference(&said).collect();
    assert!(unheld.is_empty(), "docs/rest.md says what no test holds: {unheld:#?}");
    assert!(unsaid.is_empty(), "tests hold what docs/rest.md doesn't say: {unsaid:#?}");
}

#[test]
fn tests_that_hold_sentences_elsewhere_are_there() {
    for (sentence, file, test) in ELSEWHERE {
        let text = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(&format!("fn {test}(")), "{file} has no {test}, which is to hold: {sentence}");
    }
}

#[test]
fn what_the_environment_means_is_said_in_its_document() {
    let document = document("configuration.md");
    for sentence in environment::SENTENCES {
        assert!(document.contains(sentence), "docs/configuration.md doesn't say: {sentence}");
    }
}
