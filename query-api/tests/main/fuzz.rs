//! Requests made at random from the OpenAPI document: right values, values at the edge, wrong types, and what no text is. Whatever
//! is asked, the answer is as documented, and never a 5xx.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use testkit::MessageBuilder;

use crate::access::tenant;
use crate::api::{Api, ID, PREFIXES, message};
use crate::archive::{associate, identity};
use crate::document::Document;
use crate::log::Log;

const REQUESTS: usize = 600;

/// A request, and the path of the document that it is of.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    uri: String,
    identity: Option<String>,
    is_strict: bool,
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What nobody should send: as it is in the URL.
fn junk() -> impl Strategy<Value = String> {
    let known =
        ["%", "%zz", "%F0%9F", "+", "%2B", "%0a%1b[31m", "..%2f", "'%22;--", "null", "%5B%5D", "-0", "1e9"];
    prop_oneof![
        2 => select(vec!["%00", "%ff"]).prop_map(str::to_owned),
        3 => select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>().prop_map(|text| encode(&text)),
        1 => "\\PC{0,40}".prop_map(|text| encode(&text)),
        1 => (1_usize..9_000).prop_map(|length| "x".repeat(length)),
    ]
}

fn number() -> impl Strategy<Value = String> {
    let edges =
        [0, 1, 9, 10, 10_000, 10_001, -1, i64::from(u32::MAX), i64::from(u32::MAX) + 1, i64::MIN, i64::MAX];
    prop_oneof![select(edges.to_vec()), any::<i64>(), 0_i64..30].prop_map(|number| number.to_string())
}

fn time() -> impl Strategy<Value = String> {
    let edges = [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:60.999999999Z",
        "2026-08-22t04:17:03z",
        "2026-08-22T04:17:03.219543217+05:30",
        "2026-08-22T04:17:03-23:59",
        "+10000-01-01T00:00:00Z",
        "2026-08-22",
        "2026-02-30T00:00:00Z",
        "262143-12-31T00:00:00Z",
    ];
    prop_oneof![
        select(edges.to_vec()).prop_map(str::to_owned),
        any::<i32>()
            .prop_map(|second| chrono::DateTime::from_timestamp(second.into(), 0).unwrap().to_rfc3339()),
    ]
    .prop_map(|time| encode(&time))
}

fn id() -> impl Strategy<Value = String> {
    let known = [
        ID.to_owned(),
        ID.to_uppercase(),
        format!("{ID}:{ID}"),
        "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".to_owned(),
    ];
    prop_oneof![
        select(known.to_vec()),
        "[0-9a-fA-F]{31,33}",
        junk().prop_filter("a path has no end of its own", |junk| junk.len() < 8_000),
    ]
}

/// Values of a parameter: mostly of its schema.
fn value(schema: &Value) -> BoxedStrategy<String> {
    let names = schema["enum"].as_array().into_iter().flatten();
    let names: Vec<_> = names.map(|name| name.to_string().trim_matches('"').to_owned()).collect();
    let right = match (names.is_empty(), schema["type"].as_str(), schema["format"].as_str()) {
        (false, ..) => select(names).boxed(),
        (_, Some("integer"), _) => number().boxed(),
        (_, Some("boolean"), _) => select(vec!["true".to_owned(), "false".to_owned()]).boxed(),
        (_, _, Some("date-time")) => time().boxed(),
        _ => {
            select(vec!["77".to_owned(), "ingress".to_owned(), "Received".to_owned(), ID.to_owned()]).boxed()
        }
    };
    let wrong = prop_oneof![3 => junk(), 1 => number(), 1 => time(), 1 => Just(String::new())];
    prop_oneof![4 => right, 1 => wrong].boxed()
}

fn who() -> impl Strategy<Value = Option<String>> {
    let known = [
        associate(),
        tenant("77"),
        tenant("other\n\u{1b}[31m"),
        identity(&json!({"type": "X509"})),
        identity(&json!({"type": "User", "org_id": 7})),
        "%%%".to_owned(),
        "a".repeat(20_000),
    ];
    prop_oneof![2 => Just(None), 5 => select(known.to_vec()).prop_map(Some), 1 => "[ -~]{1,40}".prop_map(Some)]
}

/// Requests of any operation.
fn asked(document: &Document) -> BoxedStrategy<Asked> {
    let operations: Vec<_> = document
        .operations()
        .map(|(path, operation)| {
            let path = path.to_owned();
            let pairs: Vec<_> = operation
                .parameters
                .iter()
                .map(|(name, schema)| (Just(name.clone()), value(schema)).boxed())
                .chain([(junk(), junk()).boxed()])
                .collect();
            let most = pairs.len().min(6);
            let query = subsequence(pairs, 0..=most).prop_flat_map(|pairs| pairs).prop_shuffle();
            // The more there is to be asked, the more often.
            let weight = 2 + u32::try_from(operation.parameters.len()).unwrap();
            let asked = (select(PREFIXES.to_vec()), id(), query, who(), any::<bool>())
                .prop_map(move |(prefix, id, query, identity, is_strict)| {
                    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    let uri = format!("{prefix}{}?{}", path.replace("{request_id}", &id), query.join("&"));
                    Asked { path: path.clone(), uri, identity, is_strict }
                })
                .boxed();
            (weight, asked)
        })
        .collect();
    proptest::strategy::Union::new_weighted(operations).boxed()
}

// Seen to fail with a status left out of the document, and with a NUL let through to PostgreSQL.
#[tokio::test]
async fn whatever_is_asked_the_answer_is_as_documented() {
    let log = Log::start();
    let document = Document::read();
    let messages = [
        MessageBuilder::new(ID).with("org_id", "77").with("status_msg", "\u{1b}[31m\n"),
        message(1),
        message(2),
    ];
    let arguments = [
        "--storage-broker-url",
        "http://127.0.0.1:1/",
        "--kibana-url",
        "http://k",
        "--max-requests-per-minute",
        "1000000",
    ];
    let open = Api::of(&messages).await.with(&arguments);
    let strict = open.with(&[&arguments[..], &["--access-policy", "identity"]].concat());
    let mut runner = TestRunner::new(Config::default());
    let requests = asked(&document);
    let mut seen: BTreeMap<u16, usize> = BTreeMap::new();
    for _ in 0..REQUESTS {
        let asked = requests.new_tree(&mut runner).unwrap().current();
        let api = if asked.is_strict { &strict } else { &open };
        let headers: Vec<_> =
            asked.identity.iter().map(|identity| ("x-rh-identity", identity.as_str())).collect();
        let answer = api.get_with(&asked.uri, &headers).await;
        let status = answer.status.as_u16();
        // 502 is storage-broker's, which isn't there.
        assert!(status < 500 || status == 502, "{asked:?}: {} {}", answer.status, answer.text);
        let faults = document.faults(&asked.path, &answer);
        assert!(faults.is_empty(), "{asked:?}: {} {}: {faults:#?}", answer.status, answer.text);
        *seen.entry(status).or_default() += 1;
    }
    for status in [200, 400, 401, 403, 404, 414] {
        assert!(seen.contains_key(&status), "{status} never came: {seen:?}");
    }
    let said = log.text();
    assert!(!said.contains('\u{1b}'), "a control character is in the log as it is");
    for line in said.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
    }
}
