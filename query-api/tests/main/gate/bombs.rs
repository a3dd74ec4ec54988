//! Bombs: questions that are short to ask and would be long to answer, or to look at. Each with the code that it is refused with.

use std::fmt::Display;

use serde_json::{Value, json};

/// What is sent, and why it isn't answered.
pub(crate) struct Bomb {
    pub(crate) name: &'static str,
    pub(crate) body: String,
    pub(crate) code: &'static str,
}

/// All of them.
pub(crate) fn all() -> Vec<Bomb> {
    [fragments(), cycles(), aliases(), nesting(), directives(), lists(), texts(), batches()]
        .into_iter()
        .flatten()
        .collect()
}

fn bomb(name: &'static str, query: impl Display, code: &'static str) -> Bomb {
    with_variables(name, query, json!({}), code)
}

fn with_variables(name: &'static str, query: impl Display, variables: Value, code: &'static str) -> Bomb {
    let body = json!({"query": query.to_string(), "variables": variables}).to_string();
    Bomb { name, body, code }
}

/// Numbered pieces of text, side by side.
fn times(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

/// Fragments of which each spreads the one before so many times.
fn laughs(levels: usize, breadth: usize, kind: &str, joke: &str) -> String {
    let spreads = |level: usize| format!("...f{level} ").repeat(breadth);
    let fragment = |level: usize| match level {
        0 => format!("fragment f0 on {kind} {{ {joke} }} "),
        level => format!("fragment f{level} on {kind} {{ {} }} ", spreads(level - 1)),
    };
    times(levels, fragment)
}

fn fragments() -> Vec<Bomb> {
    let query = |levels: usize, breadth: usize, joke: &str| {
        format!("{{ ...f{} }} {}", levels - 1, laughs(levels, breadth, "Query", joke))
    };
    let fields = times(200, |number| format!("a{number}: requestId "));
    let sets = times(100, |number| format!("p{number}: payload(requestId: \"{number}\") {{ ...f }} "));
    vec![
        bomb("fragments that double", query(18, 2, "payloads { totalCount }"), "TOO_LARGE"),
        bomb("fragments that double a name", query(18, 2, "__typename"), "TOO_LARGE"),
        bomb("fragments ten times each", query(9, 10, "__typename"), "TOO_LARGE"),
        bomb("fragments a hundred times each", query(5, 100, "__typename"), "TOO_LARGE"),
        bomb("fragments that double questions", query(4, 5, "payloads { totalCount }"), "TOO_COSTLY"),
        bomb(
            "fragments that nobody asks for",
            format!("{{ __typename }} {}", laughs(18, 2, "Query", "__typename")),
            "TOO_LARGE",
        ),
        bomb(
            "fragments of an operation that isn't the one",
            format!("query a {{ __typename }} query b {{ ...f17 }} {}", laughs(18, 2, "Query", "__typename")),
            "TOO_LARGE",
        ),
        bomb(
            "fragments that double deep inside",
            format!("{{ payloads {{ nodes {{ ...f14 }} }} }} {}", laughs(15, 2, "Payload", "id")),
            "TOO_LARGE",
        ),
        bomb(
            "fragments of inline fragments",
            query(15, 2, "... on Query { ... { __typename } }"),
            "TOO_LARGE",
        ),
        bomb(
            "a chain of fragments",
            format!("{{ ...f229 }} {}", laughs(230, 1, "Query", "__typename")),
            "TOO_DEEP",
        ),
        bomb(
            "fields that are compared wherever they are spread",
            format!("{{ {sets} }} fragment f on Payload {{ {fields} }}"),
            "TOO_LARGE",
        ),
    ]
}

fn cycles() -> Vec<Bomb> {
    let ring =
        times(40, |number| format!("fragment f{number} on Query {{ ...f{} ...f{0} }} ", (number + 1) % 40));
    vec![
        bomb("a fragment that spreads itself", "{ ...f } fragment f on Query { ...f }", "VALIDATION_FAILED"),
        bomb(
            "a fragment that spreads itself twice",
            "{ ...f } fragment f on Query { ...f ...f }",
            "VALIDATION_FAILED",
        ),
        bomb(
            "two that spread each other",
            "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f ...f }",
            "VALIDATION_FAILED",
        ),
        bomb(
            "a cycle through a field",
            "{ __schema { types { ...f } } } fragment f on __Type { ofType { ...f } }",
            "VALIDATION_FAILED",
        ),
        bomb(
            "a cycle through an inline fragment",
            "{ ...f } fragment f on Query { ... { ...f ...f } }",
            "VALIDATION_FAILED",
        ),
        bomb(
            "a cycle that nobody asks for",
            "{ __typename } fragment f on Query { ...f ...f }",
            "VALIDATION_FAILED",
        ),
        bomb("a ring of fragments", format!("{{ ...f0 }} {ring}"), "TOO_DEEP"),
    ]
}

fn aliases() -> Vec<Bomb> {
    let names = |count| times(count, |number| format!("a{number}: __typename "));
    let ids = times(20, |number| format!("a{number}: id "));
    vec![
        bomb(
            "one payload asked for again and again",
            format!(
                "{{ {} }}",
                times(200, |number| format!("a{number}: payload(requestId: \"x\") {{ id }} "))
            ),
            "TOO_COSTLY",
        ),
        bomb(
            "a list asked for again and again",
            format!("{{ {} }}", times(120, |number| format!("a{number}: payloads {{ totalCount }} "))),
            "TOO_COSTLY",
        ),
        bomb(
            "the same question without other names",
            format!("{{ {} }}", "payloads { totalCount } ".repeat(120)),
            "TOO_COSTLY",
        ),
        bomb("names of types, under many names", format!("{{ {} }}", names(1_300)), "TOO_LONG"),
        bomb("names of types", format!("{{ {} }}", "__typename ".repeat(2_100)), "TOO_LONG"),
        bomb(
            "names of types in a long list",
            format!("{{ payloads(first: 9999) {{ nodes {{ {} }} }} }}", names(6)),
            "TOO_COSTLY",
        ),
        bomb(
            "one value of many under many names",
            format!("{{ payloads(first: 5000) {{ nodes {{ {ids} }} }} }}"),
            "TOO_COSTLY",
        ),
        bomb(
            "the schema under many names",
            format!(
                "{{ {} }}",
                times(60, |number| format!(
                    "a{number}: __schema {{ types {{ fields {{ name type {{ name }} }} }} }} "
                ))
            ),
            "TOO_COSTLY",
        ),
        bomb(
            "many long errors",
            format!(
                "{{ payload(requestId: \"\") {{ {} }} }}",
                times(900, |number| format!("statusez{number} "))
            ),
            "VALIDATION_FAILED",
        ),
    ]
}

fn nesting() -> Vec<Bomb> {
    let nested = |count: usize, open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    let kinds = |count| nested(count, "ofType { ", "name", " }");
    vec![
        bomb(
            "inline fragments within each other",
            format!("{{ {} }}", nested(20, "... { ", "__typename", " }")),
            "TOO_DEEP",
        ),
        bomb(
            "inline fragments far within each other",
            format!("{{ {} }}", nested(900, "... { ", "__typename", " }")),
            "TOO_DEEP",
        ),
        bomb("types of types", format!("{{ __schema {{ types {{ {} }} }} }}", kinds(30)), "TOO_DEEP"),
        bomb(
            "fields of types of fields",
            format!("{{ __schema {{ types {{ {} }} }} }}", nested(6, "fields { type { ", "name", " } }")),
            "TOO_COSTLY",
        ),
        bomb(
            "lists of lists",
            format!("{{ payloads(filter: {}) {{ totalCount }} }}", nested(3_000, "[", "1", "]")),
            "TOO_DEEP",
        ),
        bomb(
            "objects in objects",
            format!("{{ payloads(filter: {}) {{ totalCount }} }}", nested(2_000, "{a:", "1", "}")),
            "TOO_DEEP",
        ),
        bomb("nothing but brackets", "{".repeat(16_000), "TOO_DEEP"),
        bomb(
            "brackets after a text that doesn't end",
            format!("{{ a(b: \"\"\"x\" {}", "[".repeat(15_000)),
            "PARSE_FAILED",
        ),
        bomb(
            "brackets in a type",
            format!("query($a: {}) {{ __typename }}", nested(3_000, "[", "Int", "]")),
            "TOO_DEEP",
        ),
    ]
}

fn directives() -> Vec<Bomb> {
    let included = |count| "@include(if: true) ".repeat(count);
    vec![
        bomb(
            "a field with a thousand directives",
            format!("{{ __typename {} }}", included(1_000)),
            "TOO_LONG",
        ),
        bomb(
            "directives in fragments",
            format!("{{ ...f9 }} {}", laughs(10, 2, "Query", &format!("__typename {}", included(3)))),
            "TOO_LARGE",
        ),
        bomb(
            "directives of an operation",
            format!("query {} {{ __typename }}", "@a ".repeat(1_150)),
            "VALIDATION_FAILED",
        ),
        bomb(
            "what is left out costs too",
            "{ payloads(first: 10000) @skip(if: true) { nodes { statuses { nodes { id } } } } }",
            "TOO_COSTLY",
        ),
    ]
}

fn lists() -> Vec<Bomb> {
    let long = json!({"f": {"requestId": {"in": vec!["x"; 400]}}});
    let uses = times(80, |number| format!("a{number}: payloads(filter: $f) {{ totalCount }} "));
    vec![
        bomb(
            "a list in a long list",
            "{ payloads(first: 10000) { nodes { statuses { nodes { id } } } } }",
            "TOO_COSTLY",
        ),
        bomb(
            "a list in a long list of statuses",
            "{ statuses(last: 9000) { nodes { payload { services { service } } } } }",
            "TOO_COSTLY",
        ),
        bomb(
            "long lists side by side",
            "{ quarantine(first: 9000) { nodes { reason detail offset } } statuses(first: 9000) { nodes { id date } } }",
            "TOO_COSTLY",
        ),
        with_variables(
            "as long as a variable says",
            "query($n: Int!) { payloads(first: $n) { nodes { id statuses { nodes { id } } } } }",
            json!({"n": 10_000}),
            "TOO_COSTLY",
        ),
        bomb(
            "as long as a default says",
            "query($n: Int! = 10000) { payloads(first: $n) { nodes { statuses { nodes { id } } } } }",
            "TOO_COSTLY",
        ),
        bomb(
            "longer than there are numbers",
            "{ payloads(first: 18446744073709551615) { nodes { statuses { nodes { id } } } } }",
            "TOO_COSTLY",
        ),
        bomb(
            "a list in a long list, by fragments",
            "{ ...q } fragment q on Query { payloads(first: 5000) { ...p } } fragment p on PayloadConnection { nodes { ...i } } fragment i on Payload { statuses { nodes { id } } }",
            "TOO_COSTLY",
        ),
        with_variables(
            "a long value in many places",
            format!("query($f: PayloadFilter!) {{ {uses} }}"),
            long,
            "TOO_LARGE",
        ),
        bomb(
            "a long value",
            format!(
                "{{ payloads(filter: {{requestId: {{in: [{}]}}}}) {{ totalCount }} }}",
                "1 ".repeat(2_300)
            ),
            "TOO_LARGE",
        ),
    ]
}

fn texts() -> Vec<Bomb> {
    vec![
        bomb("nothing at all, at length", " ".repeat(60_000), "TOO_LONG"),
        bomb("a comment that is all", format!("#{}", "x".repeat(60_000)), "TOO_LONG"),
        bomb("a name that doesn't end", format!("{{ {} }}", "x".repeat(16_384)), "TOO_LONG"),
        bomb("many short words", format!("{{ {} }}", "a ".repeat(4_000)), "TOO_LONG"),
        bomb("a text that doesn't end", format!("{{ a(b: \"{} }}", "x".repeat(15_000)), "PARSE_FAILED"),
        bomb("many operations", times(900, |number| format!("query q{number}{{a}}")), "TOO_LONG"),
        bomb(
            "variables that nobody uses",
            format!("query({}) {{ __typename }}", times(600, |number| format!("$a{number}:Int "))),
            "TOO_LARGE",
        ),
    ]
}

fn batches() -> Vec<Bomb> {
    let one = r#"{"query":"{ payloads { totalCount } }"}"#;
    let sent = |name, body| Bomb { name, body, code: "BAD_REQUEST" };
    vec![
        sent("a hundred queries at once", format!("[{}]", [one; 100].join(","))),
        sent("a list of one query", format!(" [{one}]")),
        sent("a list of nothing", "[]".to_owned()),
        sent("lists in lists", "[".repeat(60_000)),
        sent(
            "variables in variables",
            format!(
                r#"{{"query":"{{a}}","variables":{{"a":{}1{}}}}}"#,
                "[".repeat(30_000),
                "]".repeat(30_000)
            ),
        ),
    ]
}
